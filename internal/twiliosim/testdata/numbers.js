// Has Twilio's own library read and change an account's telephone numbers, and prints
// what it makes of the answers. Run by numbers_test.go.
"use strict";
const twilio = require("twilio");
const [server, account, token] = process.argv.slice(2);

// Twilio's client, with requests that go to the test's server instead.
class Detour extends twilio.RequestClient {
  request(options) {
    const meant = new URL(options.uri);
    return super.request({ ...options, uri: server + meant.pathname + meant.search });
  }
}

const seen = (n) => ({
  sid: n.sid,
  number: n.phoneNumber,
  voiceUrl: n.voiceUrl,
  voiceMethod: n.voiceMethod,
  fallback: n.voiceFallbackUrl,
  callback: n.statusCallback,
  callbackMethod: n.statusCallbackMethod,
  voice: n.capabilities.voice,
  trunk: n.trunkSid,
  created: n.dateCreated instanceof Date && !isNaN(n.dateCreated),
});

async function main() {
  const client = twilio(account, token, { httpClient: new Detour() });
  const all = await client.incomingPhoneNumbers.list({ pageSize: 2 });
  const one = await client.incomingPhoneNumbers.list({ phoneNumber: "+15550101" });
  const changed = await client.incomingPhoneNumbers(one[0].sid).update({
    voiceUrl: "https://voice.example.com/twiml#rc=2&rp=all",
    voiceFallbackUrl: "https://other.example.com/twiml",
    statusCallback: "https://voice.example.com/status-callback",
    statusCallbackMethod: "GET",
  });
  const read = await client.incomingPhoneNumbers(one[0].sid).fetch();
  const errors = [];
  for (const attempt of [
    () => client.incomingPhoneNumbers("PN00000000000000000000000000000000").fetch(),
    () => client.incomingPhoneNumbers(one[0].sid).update({ voiceUrl: "voice.example.com" }),
    () => client.incomingPhoneNumbers(one[0].sid).update({ voiceMethod: "PUT" }),
    () => client.incomingPhoneNumbers(all[2].sid).update({ voiceFallbackUrl: "https://x.example.com" }),
    () => twilio(account, "wrong", { httpClient: new Detour() }).incomingPhoneNumbers.list(),
    () => client.incomingPhoneNumbers.create({ phoneNumber: "+15550199" }),
  ]) {
    try {
      await attempt();
      errors.push("none");
    } catch (e) {
      errors.push(e.status + " " + e.code);
    }
  }
  process.stdout.write(JSON.stringify({ all: all.map(seen), one: one.map(seen), changed: seen(changed), read: seen(read), errors }));
}

main();
