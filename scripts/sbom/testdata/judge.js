// Reads a bill of materials from the standard input and prints, as one line of JSON,
// what CycloneDX's schema has against it, and the package URLs in it, taken apart.
const { Validation, Spec } = require("@cyclonedx/cyclonedx-library");
const { PackageURL } = require("packageurl-js");

const chunks = [];
process.stdin.on("data", (chunk) => chunks.push(chunk));
process.stdin.on("end", async () => {
  const text = Buffer.concat(chunks).toString("utf8");
  const faults = await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(text);
  const purls = JSON.parse(text).components.filter((c) => c.purl).map((c) => {
    const p = PackageURL.fromString(c.purl);
    return { type: p.type, namespace: p.namespace, name: p.name, version: p.version };
  });
  console.log(JSON.stringify({ faults, purls }));
});
