// Package lexlocal is Amazon Lex V2 on the own machine: it serves bots in the
// Lex export format over the wire protocol of the Lex runtime API, so that the
// unmodified AWS SDKs and the AWS CLI talk to it when they are given its
// address as endpoint. No account, no signature and no network are needed.
//
// Served are RecognizeText, RecognizeUtterance, PutSession, GetSession and
// DeleteSession of the runtime, and a part of the models API:
//
//   - finding bots: ListBots, DescribeBot, DeleteBot;
//   - bringing them in: CreateUploadUrl, StartImport, and Describe, List and Delete
//     of imports; BuildBotLocale, DescribeBotLocale, ListBotLocales;
//   - Create, Describe, List and Delete of versions and aliases, UpdateBotAlias;
//   - reading definitions: Describe and List of intents, slots and slot types;
//   - taking bots out: Create, Describe, List and Delete of exports;
//   - ListBotReplicas and DescribeBotReplica, which say that there is none.
//
// Everything else is answered 404 (operations.go has the table).
//
// What takes time in Lex has happened here when the request is answered, and the
// clock tells when clients see it: an import is InProgress, then Completed, a locale
// Importing, NotBuilt, Building, ReadyExpressTesting, Built. There is no goroutine
// behind it (servedbot.go, build.go, jobs.go). A numbered version is what the draft
// was when it was made, and nothing changes it. The draft's alias answers with what
// was built last while the draft is imported and built, and after a build that
// failed; before the first build it is refused. A request under way goes on with the
// definition that it began with.
//
// A request passes through three layers. The outermost (server.go, runtime.go,
// models.go and the other files called ops, with apierror.go, header.go and validate.go) is HTTP: it reads
// and checks requests and writes answers and the errors that Lex documents.
// Below it sessions.go keeps what a bot remembers of each conversation. The
// core is the dialog: Step is a pure function that takes a session, what the
// caller said and the time, and returns the new session and the answer. It
// follows the bot definition the way the Lex V2 guide describes: recognise an
// intent, elicit its slots by priority, confirm, fulfil, close.
//
// Speech comes in through two small interfaces, Recognizer and Synthesizer. A
// recognizer is given the grammar of the very words that make sense at this
// place of the dialog. Without a recognizer the server runs in key-press mode:
// audio is refused with a clear error, and every question is followed by a
// list of keys ("Press 1 for roses"). Keys are understood in any mode. Without
// a synthesizer a short tone stands for the words.
//
// At a code hook the dialog stops and says what the bot's Lambda function is
// to be asked (hook.go, hookevent.go); the request asks it over HTTP, at an
// address that takes the Invoke form of the Lambda API (hookclient.go), and
// goes on. A bot without such an address goes on as if the function had
// succeeded and had left everything as it was.
//
// For drills a server can be broken on purpose: a Fault strikes requests
// (faultrequest.go, faultvoice.go), or the network under them. Packages fault and gate
// do what is not of Lex in that. An admin listener sets faults (admin.go). Scripted, a recognizer that knows nothing but
// given clips, makes calls cheap and says how much of each utterance arrived.
//
// The API is described at
// https://docs.aws.amazon.com/lexv2/latest/APIReference/API_Operations_Amazon_Lex_Runtime_V2.html,
// the dialog at https://docs.aws.amazon.com/lexv2/latest/dg/how-it-works.html.
package lexlocal
