// Package connect speaks Amazon Connect: the flow document in which a contact
// flow is written, the events that a flow sends to Lambda functions, and the
// answers that it understands. It writes the flow that leads a contact to the
// bot of the active region, and to the other region's bot where that one fails,
// and it says what is wrong with flows.
//
// It knows no AWS SDK and does nothing over a network: who runs a flow is Amazon
// Connect, or connectsim in its place.
//
// The flow language is that of
// https://docs.aws.amazon.com/connect/latest/APIReference/flow-language.html.
package connect
