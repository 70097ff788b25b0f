// Command lexline-lambda is the AWS Lambda functions lexDRTest and lexDRGetRegion
// of
// https://aws.amazon.com/blogs/machine-learning/create-a-multi-region-amazon-lex-bot-with-amazon-connect-for-high-availability/
// in one program: the scheduled health check of a bot in several regions, and the
// answer to contact flows that ask which region's bot is to be used. Each keeps
// its name, its environment and its answers; the handler's name says which one a
// function is.
//
// It is the bootstrap of the runtime provided.al2023. What its environment means is
// in variables.go.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
)

func main() {
	logger := slog.New(slog.NewJSONHandler(os.Stdout, nil))
	handler, err := newHandler(context.Background(), environment(os.Getenv), logger)
	if err == nil && os.Getenv("AWS_LAMBDA_RUNTIME_API") == "" {
		err = errors.New("AWS_LAMBDA_RUNTIME_API is not set: this program is run by AWS Lambda, as the bootstrap of a function")
	}
	if err != nil {
		logger.Error("function not started", "err", err)
		tellInitError(os.Getenv("AWS_LAMBDA_RUNTIME_API"), err)
		os.Exit(1)
	}
	lambda.Start(handler)
}

// The handlers.
const (
	nameTest      = "lexDRTest"
	nameGetRegion = "lexDRGetRegion"
)

// newHandler builds the function that _HANDLER names: by its name alone, or as
// file.function, the form that it has for functions in Python.
func newHandler(ctx context.Context, env environment, logger *slog.Logger) (lambda.Handler, error) {
	handler := env("_HANDLER")
	switch handler[strings.LastIndexByte(handler, '.')+1:] {
	case nameTest:
		s, err := readCheckSettings(env)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", nameTest, err)
		}
		return newCheck(ctx, s, logger)
	case nameGetRegion:
		g := newGetRegion(ctx, readRegionSettings(env, logger), logger)
		g.warm(ctx)
		return g, nil
	}
	return nil, fmt.Errorf("the function's handler is %.100q; it must be %s or %s, or end with a dot and one of them", handler, nameTest, nameGetRegion)
}

// tellInitError tells Lambda why the function cannot start, so that whoever invokes
// it is told as well
// (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-initerror).
func tellInitError(api string, cause error) {
	if api == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	body, _ := json.Marshal(map[string]string{"errorType": "Lexline.Configuration", "errorMessage": cause.Error()}) // texts can be written
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+api+"/2018-06-01/runtime/init/error", bytes.NewReader(body))
	if err != nil {
		return
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Lambda-Runtime-Function-Error-Type", "Lexline.Configuration")
	if resp, err := http.DefaultClient.Do(req); err == nil {
		_ = resp.Body.Close()
	}
}
