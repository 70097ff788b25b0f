// Package botdef reads and writes bots in the Amazon Lex V2 export format.
//
// An export is a zip file, or the folder it unpacks to:
//
//	Manifest.json
//	OrderFlowers/Bot.json
//	OrderFlowers/BotLocales/en_US/BotLocale.json
//	OrderFlowers/BotLocales/en_US/Intents/OrderFlowers/Intent.json
//	OrderFlowers/BotLocales/en_US/Intents/OrderFlowers/Slots/FlowerType/Slot.json
//	OrderFlowers/BotLocales/en_US/SlotTypes/FlowerTypes/SlotType.json
//
// Load turns it into a Bot: what the bot understands (intents with sample
// utterances and slots), what it says (prompts and responses), and when it
// does what (confirmation, fulfilment, next steps). The words are those of
// the Lex console; the package does no talking itself.
//
// Files written by the console since 2021 differ in details. Load accepts
// the older key names (confirmationPrompt, slotValueElicitationSetting), the
// names of the Lex models API (messageGroups, active) and any case in file
// names, and fills in the defaults of the console where a key is absent or
// null. What it does not know it skips and lists in Bot.Warnings; what it
// cannot use is an error that names the file and the key.
//
// Write makes an export of a Bot again, with the names of today's exports; the
// methods called API give its parts as the models API describes them.
//
// The format is described at
// https://docs.aws.amazon.com/lexv2/latest/dg/import-export-format.html and,
// key by key, by the models API
// https://docs.aws.amazon.com/lexv2/latest/APIReference/API_CreateIntent.html.
package botdef
