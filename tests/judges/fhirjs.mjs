// What the npm package `fhir` finds wrong with resources by R4.
// node fhirjs.mjs FOLDER: FOLDER holds node_modules. Input: a resource in each line; for each a line: a list of
// [severity, place, text].
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const { Fhir } = createRequire(`${process.argv[2]}/`)('fhir');
const judge = new Fhir();

for await (const line of createInterface({ input: process.stdin })) {
  const { messages } = judge.validate(JSON.parse(line), { errorOnUnexpected: true });
  const told = (messages ?? []).map((one) => [one.severity, one.location ?? '', one.message]);
  process.stdout.write(JSON.stringify(told) + '\n');
}
