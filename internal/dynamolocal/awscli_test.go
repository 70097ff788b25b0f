package dynamolocal

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// debianCLI is Debian's AWS CLI. Another aws may come first on the PATH.
const debianCLI = "/usr/bin/aws"

// TestAWSCLI reads and writes the table with a program that is not ours and not
// the Go SDK.
func TestAWSCLI(t *testing.T) {
	if _, err := os.Stat(debianCLI); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("the AWS CLI is missing (Debian package awscli): %v", err)
		}
		t.Skipf("the AWS CLI is missing (Debian package awscli): %v", err)
	}
	l := serve(t, Config{})
	home := t.TempDir()
	run := func(args ...string) (string, error) {
		args = append([]string{"dynamodb", args[0], "--endpoint-url", l.url, "--region", "us-east-1", "--output", "json"}, args[1:]...)
		c := exec.CommandContext(t.Context(), debianCLI, args...)
		c.Env = []string{
			"PATH=/usr/bin:/bin", "HOME=" + home, "AWS_EC2_METADATA_DISABLED=true", "AWS_CONFIG_FILE=" + filepath.Join(home, "none"),
			"AWS_ACCESS_KEY_ID=dummy", "AWS_SECRET_ACCESS_KEY=dummy", "NO_PROXY=127.0.0.1",
		}
		out, err := c.CombinedOutput()
		return string(out), err
	}
	const key = `{"connectRegion":{"S":"us-east-1"}}`
	if out, err := run("put-item", "--table-name", "lexDR", "--item", `{"connectRegion":{"S":"us-east-1"},"lexRegion":{"S":"us-east-1"}}`); err != nil {
		t.Fatalf("put-item: %v %s", err, out)
	}
	out, err := run("update-item", "--table-name", "lexDR", "--key", key, "--update-expression", "SET lexRegion = :r",
		"--condition-expression", "lexRegion = :old", "--expression-attribute-values", `{":r":{"S":"us-west-2"},":old":{"S":"us-east-1"}}`, "--return-values", "UPDATED_NEW")
	var updated struct{ Attributes map[string]map[string]string }
	if err != nil || json.Unmarshal([]byte(out), &updated) != nil || updated.Attributes["lexRegion"]["S"] != "us-west-2" {
		t.Errorf("update-item: %v %s; want us-west-2", err, out)
	}
	out, err = run("delete-item", "--table-name", "lexDR", "--key", key, "--condition-expression", "attribute_not_exists(lexRegion)")
	if err == nil || !strings.Contains(out, "(ConditionalCheckFailedException)") {
		t.Errorf("delete-item with a condition that fails: %v %s", err, out)
	}
	out, err = run("update-item", "--table-name", "lexDR", "--key", key, "--attribute-updates", `{"lexRegion":{"Value":{"S":"err"},"Action":"PUT"}}`)
	if err != nil {
		t.Errorf("update-item of before there were expressions: %v %s", err, out)
	}
	out, err = run("get-item", "--table-name", "lexDR", "--key", key, "--consistent-read", "--projection-expression", "lexRegion")
	if err != nil || !strings.Contains(out, `"err"`) || strings.Contains(out, "connectRegion") {
		t.Errorf("get-item: %v %s; want lexRegion err alone", err, out)
	}
	out, err = run("describe-table", "--table-name", "lexDR")
	if err != nil || !strings.Contains(out, `"ACTIVE"`) || !strings.Contains(out, `"HASH"`) {
		t.Errorf("describe-table: %v %s", err, out)
	}
	out, err = run("query", "--table-name", "lexDR", "--key-condition-expression", "connectRegion = :r", "--expression-attribute-values", `{":r":{"S":"us-east-1"}}`)
	if err != nil || !strings.Contains(out, `"err"`) || !strings.Contains(out, `"Count": 1`) {
		t.Errorf("query: %v %s; want the one item", err, out)
	}
	out, err = run("batch-get-item", "--request-items", `{"lexDR":{"Keys":[{"connectRegion":{"S":"x"}}]}}`)
	if err == nil || !strings.Contains(out, "UnknownOperationException") {
		t.Errorf("batch-get-item: %v %s; want it refused", err, out)
	}
}
