package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"lexline/internal/botdef"
	"lexline/internal/cfncheck"
)

// awsStandIn is as much of AWS as the commands of a deployment ask, on this machine:
// CloudFormation, which works real templates out with the parameters that it is sent,
// and the few requests to others. It says no where AWS would.
type awsStandIn struct {
	t *testing.T

	mu      sync.Mutex
	stacks  map[string]*cfncheck.Resolved // by region and name
	sets    map[string]*cfncheck.Resolved // change sets that are not executed yet
	secrets map[string]string
	objects map[string][]byte
}

func newAWSStandIn(t *testing.T) (a *awsStandIn, endpoint string) {
	t.Helper()
	a = &awsStandIn{t: t, stacks: map[string]*cfncheck.Resolved{}, sets: map[string]*cfncheck.Resolved{}, secrets: map[string]string{}, objects: map[string][]byte{}}
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	return a, server.URL
}

// credentialScope is where a request says which region and service it is for.
var credentialScope = regexp.MustCompile(`Credential=[^/]+/\d+/([^/]+)/([^/]+)/aws4_request`)

func (a *awsStandIn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		a.t.Error(err)
	}
	scope := credentialScope.FindStringSubmatch(r.Header.Get("Authorization"))
	if scope == nil {
		http.Error(w, "a request that is not signed", http.StatusForbidden)
		return
	}
	region, service := scope[1], scope[2]
	a.mu.Lock()
	defer a.mu.Unlock()
	switch target := r.Header.Get("X-Amz-Target"); {
	case service == "cloudformation":
		form, err := url.ParseQuery(string(body))
		if err != nil {
			a.t.Error(err)
		}
		a.cloudFormation(w, region, form)
	case service == "iam":
		fmt.Fprint(w, "<CreateServiceLinkedRoleResponse><CreateServiceLinkedRoleResult><Role><RoleName>r</RoleName></Role></CreateServiceLinkedRoleResult></CreateServiceLinkedRoleResponse>")
	case service == "s3":
		a.s3(w, r, body)
	case target != "":
		_, operation, _ := strings.Cut(target, ".")
		a.byTarget(w, region, operation, body)
	case service == "lex" && r.URL.Path == "/bots/":
		fmt.Fprint(w, `{"botSummaries":[{"botId":"BOTIDFOUND","botName":"OrderFlowers"}]}`)
	case service == "lex":
		fmt.Fprint(w, `{"botAliasSummaries":[{"botAliasId":"TSTALIASID","botAliasName":"TestBotAlias"},{"botAliasId":"ALIASFOUND","botAliasName":"ver_one"}]}`)
	default:
		http.Error(w, "nobody here serves "+service, http.StatusNotFound)
	}
}

// idsIn are the attributes of resources in a region that AWS gives ids to.
func idsIn(region string) map[string]string {
	n := strings.Count(region, "west") + 1
	return map[string]string{
		"Alias.Arn": fmt.Sprintf("arn:aws:lex:%s:111122223333:bot-alias/BOTIDMADE%d/ALIASMADE%d", region, n, n), "Bot": fmt.Sprintf("BOTIDMADE%d", n),
		"Bucket": "lexline-lexline-111122223333-" + region, "lexDRGetRegion.Arn": "arn:aws:lambda:" + region + ":111122223333:function:lexDRGetRegion",
	}
}

func (a *awsStandIn) cloudFormation(w http.ResponseWriter, region string, form url.Values) {
	name := form.Get("StackName")
	name = name[strings.LastIndex(name, "/")+1:]
	key := region + " " + name
	action := form.Get("Action")
	answer := func(format string, args ...any) {
		fmt.Fprintf(w, "<%[1]sResponse><%[1]sResult>"+format+"</%[1]sResult></%[1]sResponse>", append([]any{action}, args...)...)
	}
	refuse := func(format string, args ...any) {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, "<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code><Message>%s</Message></Error></ErrorResponse>", fmt.Sprintf(format, args...))
	}
	switch action {
	case "DescribeStacks":
		stack, ok := a.stacks[key]
		if !ok {
			refuse("Stack with id %s does not exist", name)
			return
		}
		var outputs strings.Builder
		for output, value := range stack.Outputs {
			fmt.Fprintf(&outputs, "<member><OutputKey>%s</OutputKey><OutputValue>%s</OutputValue></member>", output, strings.Trim(fmt.Sprint(value), "<>"))
		}
		answer("<Stacks><member><StackName>%s</StackName><StackStatus>CREATE_COMPLETE</StackStatus><CreationTime>2026-11-29T00:00:00Z</CreationTime><Outputs>%s</Outputs></member></Stacks>", name, outputs.String())
	case "CreateChangeSet":
		stack, err := a.workOut(region, name, form)
		if err != nil {
			refuse("%v", err)
			return
		}
		a.sets[key] = stack
		answer("<Id>arn:aws:cloudformation:%s:111122223333:changeSet/c/1</Id><StackId>arn:aws:cloudformation:%[2]s:111122223333:stack/%s</StackId>", region, name)
	case "DescribeChangeSet":
		answer("<Status>CREATE_COMPLETE</Status>")
	case "ExecuteChangeSet":
		a.stacks[key] = a.sets[key]
		answer("")
	case "DeleteStack":
		if _, ok := a.stacks[key]; !ok {
			a.t.Errorf("the stack %s is deleted in %s, and was never there", name, region)
		}
		delete(a.stacks, key)
		a.deleted(region, name)
		answer("")
	case "ListImports":
		answer("<Imports><member>lexline-service</member></Imports>")
	default:
		refuse("nobody here does %s", action)
	}
}

// workOut resolves the template of a request with its parameters and what other stacks of
// the region export.
func (a *awsStandIn) workOut(region, name string, form url.Values) (*cfncheck.Resolved, error) {
	template, err := cfncheck.Parse(name, []byte(form.Get("TemplateBody")))
	if err != nil {
		return nil, err
	}
	parameters, exports := map[string]string{}, map[string]string{}
	for i := 1; form.Get("Parameters.member."+strconv.Itoa(i)+".ParameterKey") != ""; i++ {
		at := "Parameters.member." + strconv.Itoa(i)
		if form.Get(at+".UsePreviousValue") != "true" {
			parameters[form.Get(at+".ParameterKey")] = form.Get(at + ".ParameterValue")
		}
	}
	for key, stack := range a.stacks {
		if strings.HasPrefix(key, region+" ") {
			for export, value := range stack.Exports {
				exports[export] = fmt.Sprint(value)
			}
		}
	}
	if form.Get("Capabilities.member.1") != "CAPABILITY_IAM" {
		return nil, fmt.Errorf("the stack makes roles, and CAPABILITY_IAM is not given")
	}
	stack, err := template.Resolve(cfncheck.Environment{Parameters: parameters, Imports: exports, Region: region, Account: "111122223333", Stack: name, Attributes: idsIn(region)})
	if err != nil {
		return nil, err
	}
	return stack, a.codeIsThere(stack)
}

// codeIsThere asks that what resources take from S3 has been put there.
func (a *awsStandIn) codeIsThere(stack *cfncheck.Resolved) error {
	for id, r := range stack.Resources {
		code, ok := r.Properties["BotFileS3Location"].(map[string]any)
		key := "S3ObjectKey"
		if !ok {
			code, ok = r.Properties["Code"].(map[string]any)
			key = "S3Key"
		}
		if object := fmt.Sprintf("%v/%v", code["S3Bucket"], code[key]); ok && a.objects[object] == nil {
			return fmt.Errorf("%s: there is no %s", id, object)
		}
	}
	return nil
}

// deleted asks that a stack goes behind those that use it, and the core with an empty
// bucket.
func (a *awsStandIn) deleted(region, name string) {
	if !strings.HasSuffix(name, "-core") {
		return
	}
	for key := range a.stacks {
		if strings.HasPrefix(key, region+" ") {
			a.t.Errorf("%s is deleted in %s while %s is there", name, region, key)
		}
	}
	for object := range a.objects {
		if strings.HasPrefix(object, idsIn(region)["Bucket"]+"/") {
			a.t.Errorf("%s is deleted in %s while %s is in its bucket", name, region, object)
		}
	}
}

func (a *awsStandIn) s3(w http.ResponseWriter, r *http.Request, body []byte) {
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if !regexp.MustCompile(`^lexline-lexline-111122223333-us-(east-1|west-2)$`).MatchString(bucket) {
		a.t.Errorf("the bucket %s is nobody's", bucket)
	}
	switch {
	case r.Method == http.MethodPut:
		a.objects[bucket+"/"+key] = append([]byte{}, body...)
		w.Header().Set("ETag", `"0"`)
	case r.Method == http.MethodGet:
		var contents strings.Builder
		for name := range a.objects {
			if key, ok := strings.CutPrefix(name, bucket+"/"); ok {
				fmt.Fprintf(&contents, "<Contents><Key>%s</Key><LastModified>2026-11-29T00:00:00.000Z</LastModified><Size>1</Size></Contents>", key)
			}
		}
		fmt.Fprintf(w, "<ListBucketResult><Name>%s</Name><IsTruncated>false</IsTruncated>%s</ListBucketResult>", bucket, contents.String())
	case r.Method == http.MethodDelete:
		delete(a.objects, bucket+"/"+key)
		w.WriteHeader(http.StatusNoContent)
	}
}

func (a *awsStandIn) byTarget(w http.ResponseWriter, region, operation string, body []byte) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	switch operation {
	case "PutSecretValue", "DeleteSecret":
		var in struct {
			SecretID     string `json:"SecretId"`
			SecretString string
		}
		if err := json.Unmarshal(body, &in); err != nil {
			a.t.Error(err)
		}
		a.secrets[region+" "+in.SecretID] = in.SecretString
		fmt.Fprintf(w, `{"Name":%q,"VersionId":"1"}`, in.SecretID)
	case "GetAuthorizationToken":
		fmt.Fprint(w, `{"authorizationData":[{"authorizationToken":"QVdTOnBhc3N3b3Jk","proxyEndpoint":"https://111122223333.dkr.ecr.us-east-1.amazonaws.com"}]}`)
	default:
		fmt.Fprint(w, `{}`)
	}
}

// awsCLI is Debian's AWS CLI, version 2. Where it is missing the test is skipped, but
// fails when CI is set.
func awsCLI(t *testing.T) string {
	t.Helper()
	const program = "/usr/bin/aws" // another one, of version 1, may come first on the PATH
	if _, err := os.Stat(program); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("no AWS CLI: %v", err)
		}
		t.Skipf("no AWS CLI; run make setup-test: %v", err)
	}
	return program
}

// checkExport asks that what was put into S3 is an export that Lex imports.
func (a *awsStandIn) checkExport(t *testing.T) {
	t.Helper()
	found := 0
	for key, content := range a.objects {
		if !strings.Contains(key, "/bots/") {
			continue
		}
		found++
		if _, err := botdef.ReadZip(content); err != nil {
			t.Errorf("%s is no export: %v", filepath.Base(key), err)
		}
	}
	if found == 0 {
		t.Error("no export was put into a bucket")
	}
}
