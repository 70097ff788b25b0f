package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// deployPage is the page whose commands are run.
const deployPage = "../../docs/2-operate/deploy.md"

// pageBlocks are the blocks of code of one language on the page, in their order.
func pageBlocks(t *testing.T, language string) (blocks []string) {
	t.Helper()
	text, err := os.ReadFile(deployPage)
	if err != nil {
		t.Fatal(err)
	}
	for _, found := range regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```$").FindAllStringSubmatch(string(text), -1) {
		blocks = append(blocks, found[1])
	}
	return blocks
}

// checkout is a folder as a reader of the page stands in it, with programs that note how
// they were called in place of those that would build or reach somebody. aws is the real
// one, told where the stand-in is.
type checkout struct {
	t                *testing.T
	folder, endpoint string
}

func newCheckout(t *testing.T, aws, endpoint string) *checkout {
	t.Helper()
	if _, err := exec.LookPath("zip"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skipf("run make setup-test: %v", err)
	}
	c := &checkout{t, t.TempDir(), endpoint}
	for _, name := range []string{"bin", "programs"} {
		if err := os.Mkdir(filepath.Join(c.folder, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"bots", "deploy"} {
		target, err := filepath.Abs("../../" + name)
		if err == nil {
			err = os.Symlink(target, filepath.Join(c.folder, name))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	self, err := os.Executable()
	if err == nil {
		err = os.Symlink(self, filepath.Join(c.folder, "bin", "lexline")) // by its name it is the program
	}
	if err != nil {
		t.Fatal(err)
	}
	note := `echo "$(basename "$0") $*" >>"` + c.folder + `/called"` + "\n"
	for name, script := range map[string]string{
		"aws":    `exec ` + aws + ` "$@" --endpoint-url ` + endpoint,
		"podman": note + `if [ "$1" = login ]; then read -r password; [ "$password" = password ]; fi`,
		"curl":   note,
		"make":   note + `: >bin/lexline-lambda-arm64.zip; : >bin/lexline-image-amd64.tar.gz`,
	} {
		if err := os.WriteFile(filepath.Join(c.folder, "programs", name), []byte("#!/bin/bash\nset -eu\n"+script+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// run runs lines of bash there, each of which must succeed.
func (c *checkout) run(script string) (out string) {
	c.t.Helper()
	// Of the CLI each call takes a second of the processor, and on a busy machine many.
	ctx, cancel := context.WithTimeout(c.t.Context(), 12*time.Minute)
	defer cancel()
	bash := exec.CommandContext(ctx, "bash", "-euo", "pipefail", "-c", script)
	bash.Dir = c.folder
	bash.Env = []string{
		"PATH=" + filepath.Join(c.folder, "programs") + ":" + os.Getenv("PATH"), "HOME=" + c.folder, "TMPDIR=" + os.TempDir(),
		"AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local", "AWS_EC2_METADATA_DISABLED=true", "AWS_CONFIG_FILE=" + c.folder + "/none", "AWS_MAX_ATTEMPTS=1",
		"NO_PROXY=127.0.0.1", "TWILIO_AUTH_TOKEN=the-token-of-the-account",
	}
	text, err := bash.CombinedOutput()
	if err != nil {
		c.t.Fatalf("%s\nfailed: %v\n%s", script, err, text)
	}
	return string(text)
}

// TestDeployPage does what the page on deployment says, command by command and in its
// order: the plan's scripts are run by bash, and what is in them by the real AWS CLI.
func TestDeployPage(t *testing.T) {
	t.Parallel() // most of it is waiting for Python
	cli := awsCLI(t)
	aws, endpoint := newAWSStandIn(t)
	c := newCheckout(t, cli, endpoint)
	settings := pageBlocks(t, "yaml")
	if len(settings) != 1 {
		t.Fatalf("the page has %d blocks of settings; want one lexline.yml", len(settings))
	}
	if err := os.WriteFile(filepath.Join(c.folder, "lexline.yml"), []byte(settings[0]), 0o600); err != nil {
		t.Fatal(err)
	}
	blocks := pageBlocks(t, "sh")
	// Looked at between the blocks: what has come of those before.
	deployed := func() {
		var stacks []string
		for key := range aws.stacks {
			stacks = append(stacks, key)
		}
		slices.Sort(stacks)
		want := []string{
			"us-east-1 lexline-bot-orderflowers", "us-east-1 lexline-core", "us-east-1 lexline-lexdr", "us-east-1 lexline-service",
			"us-west-2 lexline-bot-orderflowers", "us-west-2 lexline-core", "us-west-2 lexline-lexdr", "us-west-2 lexline-service",
		}
		if diff := cmp.Diff(want, stacks); diff != "" {
			t.Errorf("the stacks (-want +got):\n%s", diff)
		}
		secrets := map[string]string{}
		for _, region := range []string{"us-east-1", "us-west-2"} {
			secrets[region+" lexline/lexline/config"], secrets[region+" lexline/lexline/twilio-auth-token"] = settings[0], "the-token-of-the-account"
		}
		if diff := cmp.Diff(secrets, aws.secrets); diff != "" {
			t.Errorf("the secrets (-want +got):\n%s", diff)
		}
		aws.checkExport(t)
		role := fmt.Sprint(aws.stacks["us-west-2 lexline-service"].Resources["TaskRole"].Properties)
		for _, arn := range []string{idsIn("us-east-1")["Alias.Arn"], idsIn("us-west-2")["Alias.Arn"]} {
			if !strings.Contains(role, arn) {
				t.Errorf("the gateways of us-west-2 may not ask %s: %s", arn, role)
			}
		}
	}
	for _, block := range blocks {
		t.Logf("%s", strings.TrimSpace(block))
		c.run(block)
		if strings.Contains(block, "bash deploy.sh") {
			deployed()
		}
	}
	if len(aws.stacks) > 0 {
		t.Errorf("after the clean-up there is still %v", aws.stacks)
	}
	called, err := os.ReadFile(filepath.Join(c.folder, "called"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"podman load --quiet --input bin/lexline-image-amd64.tar.gz", "podman push localhost/lexline:v1 docker://111122223333.dkr.ecr.us-west-2.amazonaws.com/lexline-lexline:v1",
		"https://voice.example.com/ping", "https://voice-us-west-2.example.com/ping",
	} {
		if !strings.Contains(string(called), want) {
			t.Errorf("nothing was called with %q; called was\n%s", want, called)
		}
	}
	// Nothing is left behind that the page does not take away.
	entries, err := os.ReadDir(c.folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !slices.Contains([]string{"bin", "bots", "called", "deploy", "lexline.yml", "programs"}, e.Name()) {
			t.Errorf("%s is left on the reader's machine", e.Name())
		}
	}
}

// TestDeployPageAsides runs the commands of the AWS CLI that stand in the page's text.
func TestDeployPageAsides(t *testing.T) {
	t.Parallel() // most of it is waiting for Python
	cli := awsCLI(t)
	_, endpoint := newAWSStandIn(t)
	c := newCheckout(t, cli, endpoint)
	text, err := os.ReadFile(deployPage)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, aside := range regexp.MustCompile("`(aws [^`]+)`").FindAllStringSubmatch(string(text), -1) {
		found++
		c.run(aside[1])
	}
	if found == 0 {
		t.Error("the page has no such command; this test has nothing to run")
	}
}

// TestPlanLooksUp runs the plan for bots that are there already, by name, as far as the
// services.
func TestPlanLooksUp(t *testing.T) {
	t.Parallel() // most of it is waiting for Python
	cli := awsCLI(t)
	aws, endpoint := newAWSStandIn(t)
	c := newCheckout(t, cli, endpoint)
	one := strings.Replace(strings.Replace(planConfig, ", {name: us-west-2}", "", 1), "table: {dynamodb: {name: lexDR}}\n", "", 1)
	if err := os.WriteFile(filepath.Join(c.folder, "lexline.yml"), []byte(one), 0o600); err != nil {
		t.Fatal(err)
	}
	c.run(`printf secret >twilio-auth-token.txt
bin/lexline deploy plan --config lexline.yml --account 111122223333 --hosted-zone Z0123456789ABC --tag v1 >deploy.sh
bash deploy.sh`)
	role := fmt.Sprint(aws.stacks["us-east-1 lexline-service"].Resources["TaskRole"].Properties)
	if want := "arn:aws:lex:us-east-1:111122223333:bot-alias/BOTIDFOUND/ALIASFOUND"; !strings.Contains(role, want) || !strings.Contains(role, "lex:ListBots") {
		t.Errorf("the gateways may %s; want them to ask %s, and to look up names", role, want)
	}
}

// TestStandInRefuses plants mistakes into a script of a plan: the stand-in and the CLI
// must notice them.
func TestStandInRefuses(t *testing.T) {
	t.Parallel() // most of it is waiting for Python
	cli := awsCLI(t)
	_, endpoint := newAWSStandIn(t)
	c := newCheckout(t, cli, endpoint)
	deploy := "aws cloudformation deploy --region us-east-1 --stack-name lexline-core --template-file deploy/cloudformation/core.yml --parameter-overrides DomainName=voice.example.com HostedZoneId=Z0123456789ABC"
	for _, mistake := range []struct{ name, command, want string }{
		{"no capability", deploy, "CAPABILITY_IAM"},
		{"a domain that is none", strings.Replace(deploy, "voice.example.com", "https://voice.example.com", 1) + " --capabilities CAPABILITY_IAM", "DomainName does not fit"},
		{"a misspelt option", "aws secretsmanager put-secret-value --region us-east-1 --secret-name lexline/config", "the following arguments are required: --secret-id"},
		{"a stack that is not there", "aws cloudformation describe-stacks --region us-east-1 --stack-name lexline-nothing", "does not exist"},
	} {
		out := c.run("if " + mistake.command + "; then echo TAKEN; fi 2>&1")
		if strings.Contains(out, "TAKEN") || !strings.Contains(out, mistake.want) {
			t.Errorf("%s: %s; want it refused with %q", mistake.name, out, mistake.want)
		}
	}
}
