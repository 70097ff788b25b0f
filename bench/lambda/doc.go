// Command lambda shows what the functions lexDRTest and lexDRGetRegion do when
// something is broken, beside what the functions of AWS's article do
// (https://aws.amazon.com/blogs/machine-learning/create-a-multi-region-amazon-lex-bot-with-amazon-connect-for-high-availability/),
// and measures how long they take.
//
// Ours run as real processes under a double of Lambda's Runtime API, against two
// local regions of Lex (bin/lexline bot serve) and npm's dynalite behind a proxy
// that breaks. The article's are a model of what it prints, in article.go, against
// the same. It exits with 1 if a case comes out otherwise than it should.
package main
