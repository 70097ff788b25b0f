// Answers, with Twilio's own library, the questions that it reads as JSON from
// standard input. Run by judge_test.go.
"use strict";
const twilio = require("twilio");
const { readFileSync } = require("fs");

const questions = JSON.parse(readFileSync(0, "utf8"));

// signature of a request, and whether Twilio's library takes the one given
function signature(q) {
  const params = q.params || {};
  return {
    signature: twilio.getExpectedTwilioSignature(q.token, q.url, params),
    accepted: twilio.validateRequest(q.token, q.signature, q.url, params),
  };
}

// the documents that links.greet, links.reconnect and hangUp write
function twiml(q) {
  const response = new twilio.twiml.VoiceResponse();
  if (q.say) {
    const attributes = {};
    if (q.voice) attributes.voice = q.voice;
    if (q.language) attributes.language = q.language;
    response.say(attributes, q.say);
  }
  if (q.hangup) {
    response.hangup();
  } else {
    const connect = response.connect({ action: q.resume, method: "POST" });
    connect.stream({ url: q.stream }).parameter({ name: "line", value: q.line });
    response.redirect({ method: "POST" }, q.resume);
  }
  return response.toString();
}

// Twilio's client for its API, with requests that go to the test's server instead
// and say in a header where they should have gone.
class Detour extends twilio.RequestClient {
  constructor(server) {
    super();
    this.server = server;
  }
  request(options) {
    const meant = new URL(options.uri);
    return super.request({
      ...options,
      uri: this.server + meant.pathname + meant.search,
      headers: { ...options.headers, "X-Meant-For": meant.origin },
    });
  }
}

// makes one request to the API; what it was is seen by the test's server
async function request(q) {
  const client = twilio(q.user, q.password, {
    accountSid: q.account,
    region: q.region || undefined,
    edge: q.edge || undefined,
    httpClient: new Detour(q.server),
  });
  if (q.create) await client.calls.create(q.create);
  else if (q.update) await client.calls(q.sid).update(q.update);
  else await client.calls(q.sid).fetch();
}

async function main() {
  for (const q of questions.requests || []) await request(q); // in order
  process.stdout.write(
    JSON.stringify({
      signatures: (questions.signatures || []).map(signature),
      documents: (questions.documents || []).map(twiml),
    }),
  );
}

main();
