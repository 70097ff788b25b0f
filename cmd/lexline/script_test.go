package main

import (
	"encoding/json"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"lexline": main, "region-function": regionFunction, "make-call": makeCall, "check-picture": checkPicture, "cut-line": cutLine, "free-address": freeAddress})
}

// TestScripts runs the command lines in testdata/script, each a file that reads
// like a session at a terminal.
func TestScripts(t *testing.T) {
	for _, program := range []string{"flite", "curl", "openssl"} {
		if _, err := exec.LookPath(program); err != nil && os.Getenv("CI") != "" {
			t.Fatalf("the scripts need another program: %v", err) // without it they skip what matters
		}
	}
	bots, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:  "testdata/script",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"await": awaitCommand, "fill": fillCommand},
		Setup: func(env *testscript.Env) error {
			env.Setenv("ROOT", bots+"/../..")
			return nil
		},
	})
}

// regionFunction is the program of a Lambda function that always names the region
// in its environment, ANSWER. It says on its log what it is asked
// (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html).
func regionFunction() {
	api := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/invocation/"
	for {
		next, err := http.Get(api + "next")
		if err != nil {
			log.Fatal(err)
		}
		var event struct {
			Details struct{ Parameters struct{ Region string } }
		}
		if err := json.NewDecoder(next.Body).Decode(&event); err != nil {
			log.Fatal(err)
		}
		next.Body.Close()
		fmt.Fprintf(os.Stderr, "asked by %s for %s\n", os.Getenv("_HANDLER"), event.Details.Parameters.Region)
		answer := strings.NewReader(`{"primaryCode":"` + os.Getenv("ANSWER") + `"}`)
		done, err := http.Post(api+next.Header.Get("Lambda-Runtime-Aws-Request-Id")+"/response", "application/json", answer)
		if err != nil {
			log.Fatal(err)
		}
		done.Body.Close()
	}
}

// freeAddress prints a loopback address that nobody listens on, for a program that others
// must know the address of before it runs.
func freeAddress() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(listener.Addr())
	listener.Close()
}
