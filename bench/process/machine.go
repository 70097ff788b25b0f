package process

import (
	"os"
	"runtime"
	"strings"
	"time"
)

// Machine is where figures are from, and by which command.
type Machine struct {
	CPU     string `json:"cpu"`
	Cores   int    `json:"cores"`
	OS      string `json:"os"`
	Arch    string `json:"arch"`
	Kernel  string `json:"kernel"`
	Go      string `json:"go"`
	Date    string `json:"date"`
	Command string `json:"command"`
}

// ThisMachine returns what is known of the machine that this runs on.
func ThisMachine(command string, now time.Time) Machine {
	return Machine{
		CPU: fieldOf("/proc/cpuinfo", "model name"), Cores: runtime.NumCPU(),
		OS: runtime.GOOS, Arch: runtime.GOARCH, Kernel: firstLine("/proc/sys/kernel/osrelease"),
		Go: runtime.Version(), Date: now.UTC().Format(time.DateOnly), Command: command,
	}
}

// fieldOf returns the first value of a key in a file of "key : value" lines.
func fieldOf(path, key string) string {
	content, err := os.ReadFile(path)
	if err != nil {
		return "unknown"
	}
	for line := range strings.Lines(string(content)) {
		if name, value, found := strings.Cut(line, ":"); found && strings.TrimSpace(name) == key {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

func firstLine(path string) string {
	content, err := os.ReadFile(path)
	if err != nil {
		return "unknown"
	}
	line, _, _ := strings.Cut(string(content), "\n")
	return line
}
