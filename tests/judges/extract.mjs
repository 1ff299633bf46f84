// What fhirpath.js finds in resources by the expressions of search parameters.
// node extract.mjs FOLDER: FOLDER holds node_modules. First line of the input: {type: {code: expression}}; then a
// resource in each line. For each resource a line: {code: [[type, value], …]}, or {code: "what went wrong"}.
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const require = createRequire(`${process.argv[2]}/`);
const fhirpath = require('fhirpath');
const r4 = require('fhirpath/fhir-context/r4');

const compiled = new Map();
function evaluator(expression) {
  if (!compiled.has(expression)) {
    compiled.set(expression, fhirpath.compile(expression, r4, { resolveInternalTypes: false }));
  }
  return compiled.get(expression);
}

function named(type) {
  return type.replace(/^FHIR\./, '').replace(/^System\.(.)/, (_, first) => first.toLowerCase());
}

let expressions = null;
for await (const line of createInterface({ input: process.stdin })) {
  if (expressions === null) {
    expressions = JSON.parse(line);
    continue;
  }
  const resource = JSON.parse(line);
  const found = {};
  for (const [code, expression] of Object.entries(expressions[resource.resourceType] ?? {})) {
    try {
      const values = evaluator(expression)(resource);
      const types = fhirpath.types(values);
      if (values.length) found[code] = values.map((value, n) => [named(types[n]), value]);
    } catch (error) {
      found[code] = String(error);
    }
  }
  process.stdout.write(JSON.stringify(found) + '\n');
}
