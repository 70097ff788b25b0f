// Prints the resource types that it is given by name, with their properties, their
// attributes and the definitions that these refer to, as one JSON object: of the
// database that the package holds only what a check of templates needs.
'use strict';
const { loadAwsServiceSpecSync } = require('@aws-cdk/aws-service-spec');

const db = loadAwsServiceSpecSync();
const answer = { types: {}, definitions: {}, unknown: [] };

function type(t) {
  switch (t.type) {
    case 'array':
    case 'map':
      return { kind: t.type, element: type(t.element) };
    case 'union':
      return { kind: 'union', types: t.types.map(type) };
    case 'ref':
      define(t.reference.$ref);
      return { kind: 'ref', ref: String(t.reference.$ref) };
    default:
      return { kind: t.type, values: t.allowedValues && t.allowedValues.map(String) };
  }
}

// A property may have had other types before, and templates of then are still taken.
function field(f) {
  const types = [f.type, ...(f.previousTypes || [])].map(type);
  return { type: types.length === 1 ? types[0] : { kind: 'union', types }, required: Boolean(f.required) };
}

function fields(all) {
  return Object.fromEntries(Object.entries(all).map(([name, f]) => [name, field(f)]));
}

function define(id) {
  if (answer.definitions[id]) return;
  const definition = db.get('typeDefinition', String(id));
  answer.definitions[id] = { name: definition.name }; // it may refer to itself
  answer.definitions[id].properties = fields(definition.properties);
}

for (const name of process.argv.slice(2)) {
  const found = [...db.lookup('resource', 'cloudFormationType', 'equals', name)];
  if (found.length !== 1) {
    answer.unknown.push(name);
    continue;
  }
  answer.types[name] = { properties: fields(found[0].properties), attributes: fields(found[0].attributes) };
}
process.stdout.write(JSON.stringify(answer));
