module lexline

go 1.26.0

require (
	github.com/aws/aws-lambda-go v1.55.1 // Lambda's side of the runtime API, in cmd/lexline-lambda only
	github.com/aws/aws-sdk-go-v2 v1.47.6 // credentials and retry switch of the clients below
	github.com/aws/aws-sdk-go-v2/config v1.33.14 // the AWS default credential chain
	github.com/aws/aws-sdk-go-v2/credentials v1.20.14 // static credentials from our own configuration
	github.com/aws/aws-sdk-go-v2/service/dynamodb v1.73.0 // the region table and the keys of fulfilled turns in Amazon DynamoDB
	github.com/aws/aws-sdk-go-v2/service/lexmodelsv2 v1.62.0 // names of bots and aliases to ids; bot definitions: compared, imported, built
	github.com/aws/aws-sdk-go-v2/service/lexruntimev2 v1.38.0 // the bot: Lex V2 runtime; exactly this version, no list of versions is served for it
	github.com/aws/smithy-go v1.28.8 // HTTP status and request id of SDK errors
	github.com/coder/websocket v1.8.15 // websocket of the simulated phone: another one than the gateway's, so that they share no bug
	github.com/ebitengine/purego v0.11.3 // loads PocketSphinx at run time, without cgo; in the speech worker only
	github.com/gobwas/ws v1.5.0 // websocket frames on the media path, over our own read loop
	github.com/google/go-cmp v0.7.0 // readable differences in tests
	github.com/prometheus/client_golang v1.25.0 // metrics in the format that Prometheus reads
	github.com/rogpeppe/go-internal v1.16.0 // testscript: command lines as tests
	go.yaml.in/yaml/v3 v3.0.5 // configuration file, with line numbers for errors
	modernc.org/sqlite v1.50.0 // the region table and the keys of fulfilled turns in one local file, without cgo
)

require (
	github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream v1.7.14 // indirect
	github.com/aws/aws-sdk-go-v2/feature/ec2/imds v1.20.6 // indirect
	github.com/aws/aws-sdk-go-v2/internal/configsources v1.5.9 // indirect
	github.com/aws/aws-sdk-go-v2/internal/endpoints/v2 v2.8.9 // indirect
	github.com/aws/aws-sdk-go-v2/internal/v4a v1.5.9 // indirect
	github.com/aws/aws-sdk-go-v2/service/internal/accept-encoding v1.13.24 // indirect
	github.com/aws/aws-sdk-go-v2/service/internal/endpoint-discovery v1.13.9 // indirect
	github.com/aws/aws-sdk-go-v2/service/internal/presigned-url v1.14.9 // indirect
	github.com/aws/aws-sdk-go-v2/service/signin v1.12.2 // indirect
	github.com/aws/aws-sdk-go-v2/service/sso v1.39.2 // indirect
	github.com/aws/aws-sdk-go-v2/service/ssooidc v1.44.2 // indirect
	github.com/aws/aws-sdk-go-v2/service/sts v1.51.7 // indirect
	github.com/beorn7/perks v1.0.1 // indirect
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/dustin/go-humanize v1.0.1 // indirect
	github.com/gobwas/httphead v0.1.0 // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/mattn/go-isatty v0.0.20 // indirect
	github.com/munnerz/goautoneg v0.0.0-20191010083416-a7dc8b61c822 // indirect
	github.com/ncruces/go-strftime v1.0.0 // indirect
	github.com/prometheus/client_model v0.6.3 // indirect
	github.com/prometheus/common v0.72.0 // indirect
	github.com/prometheus/procfs v0.22.0 // indirect
	github.com/remyoudompheng/bigfft v0.0.0-20230129092748-24d4a6f8daec // indirect
	golang.org/x/sys v0.48.0 // indirect
	golang.org/x/tools v0.42.0 // indirect
	google.golang.org/protobuf v1.36.12 // indirect
	modernc.org/libc v1.72.0 // indirect
	modernc.org/mathutil v1.7.1 // indirect
	modernc.org/memory v1.11.0 // indirect
)
