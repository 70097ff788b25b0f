package connect

import "strings"

// The types of actions that this package writes and checks; of all others it
// says that it does not check them, or does not know them. Behind each stand the transitions that it has:
// where it goes on, the errors that it names, and what its conditions compare.
// https://docs.aws.amazon.com/connect/latest/APIReference/flow-language-actions.html
// leads to a page for each.
const (
	MessageParticipant             = "MessageParticipant"             // NextAction; NoMatchingError
	GetParticipantInput            = "GetParticipantInput"            // keys Equals; InputTimeLimitExceeded, NoMatchingCondition, NoMatchingError, InvalidPhoneNumber
	ConnectParticipantWithLexBot   = "ConnectParticipantWithLexBot"   // intent Equals; InputTimeLimitExceeded, NoMatchingCondition, NoMatchingError
	InvokeLambdaFunction           = "InvokeLambdaFunction"           // NextAction; NoMatchingError
	Compare                        = "Compare"                        // ComparisonValue by any operator; NoMatchingCondition
	Loop                           = "Loop"                           // Equals ContinueLooping, Equals DoneLooping
	UpdateContactAttributes        = "UpdateContactAttributes"        // NextAction; NoMatchingError
	UpdateContactData              = "UpdateContactData"              // NextAction; NoMatchingError
	UpdateContactTargetQueue       = "UpdateContactTargetQueue"       // NextAction; NoMatchingError
	TransferContactToQueue         = "TransferContactToQueue"         // the end where it succeeds; QueueAtCapacity, NoMatchingError
	UpdateContactTextToSpeechVoice = "UpdateContactTextToSpeechVoice" // NextAction; NoMatchingError
	UpdateFlowLoggingBehavior      = "UpdateFlowLoggingBehavior"      // NextAction
	DisconnectParticipant          = "DisconnectParticipant"          // the end
	EndFlowExecution               = "EndFlowExecution"               // the end
)

// otherTypes are the actions of the flow language that this package does not check,
// from the pages below the address above.
var otherTypes = strings.Fields(`
	AssociateContactToCustomerProfile AuthenticateParticipant CheckHoursOfOperation CheckMetricData CheckOutboundCallStatus
	CheckVoiceId CompleteOutboundCall CreateCallbackContact CreateCase CreateCustomerProfile CreatePersistentContactAssociation
	CreateTask CreateWisdomSession DequeueContactAndTransferToQueue DistributeByPercentage EndFlowModuleExecution
	EvaluateDataTableValues GetCalculatedAttributesForCustomerProfile GetCase GetCustomerProfile GetCustomerProfileObject
	GetMetricData InvokeFlowModule ListDataTableValues LoadContactContent MessageParticipantIteratively ResumeContact ShowView
	StartOutboundChatContact StartVoiceIdStream TagContact TransferContactToAgent TransferParticipantToThirdParty
	TransferToFlow UnTagContact UpdateCase UpdateContactCallbackNumber UpdateContactEventHooks UpdateContactMediaProcessing
	UpdateContactMediaStreamingBehavior UpdateContactRecordingAndAnalyticsBehavior UpdateContactRecordingBehavior
	UpdateContactRoutingBehavior UpdateCustomerProfile UpdateFlowAttributes UpdatePreviousContactParticipantState
	UpdateRoutingCriteria UpsertDataTableValues Wait`)

// The types of errors that transitions name.
const (
	NoMatchingError        = "NoMatchingError"        // any error that no other transition names
	NoMatchingCondition    = "NoMatchingCondition"    // the action has a result, and no condition holds
	InputTimeLimitExceeded = "InputTimeLimitExceeded" // the caller said and pressed nothing
	InvalidPhoneNumber     = "InvalidPhoneNumber"     // what the caller pressed is none
	QueueAtCapacity        = "QueueAtCapacity"        // the queue is full
)

// What a Loop results in: the first as often as its LoopCount says, then once
// the second, then the first again
// (https://docs.aws.amazon.com/connect/latest/APIReference/flow-control-actions-loop.html).
const (
	ContinueLooping = "ContinueLooping"
	DoneLooping     = "DoneLooping"
)
