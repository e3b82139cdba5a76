import type { Mutant } from './mutant.ts';

const ofRequests = 'packages/coordinator/test/api/short-errors.test.ts';

/** Errors: what they repeat of a request, a file or an answer is short and has no secret in it. */
export const errors: readonly Mutant[] = [
  {
    id: 'repeats-whole-fields',
    rule: 'R18',
    does: 'repeats the name of an unknown field of a request whole',
    file: 'packages/coordinator/src/api/errors.ts',
    in: 'problemOf',
    guard: 'quoteForeign(String(first.params.additionalProperty))',
    without: 'String(first.params.additionalProperty)',
    caughtBy: ofRequests,
  },
  {
    id: 'quotes-half-a-secret',
    rule: 'R11',
    does: 'cuts what an error repeats before it removes the secrets in it',
    file: 'packages/shared/src/secrets.ts',
    in: 'quoteForeign',
    guard: 'withoutSecrets(text.slice(0, longestForeign))',
    without: 'text',
    caughtBy: ofRequests,
  },
  {
    id: 'repeats-a-file',
    rule: 'R11',
    does: 'repeats a file that was given by mistake as the name of an unknown key',
    file: 'packages/shared/src/config/strict-yaml.ts',
    in: 'readStrictYaml',
    guard: `\`\${lineOf([key])}unknown key \${quoteForeign(key)}; \${adviceOn([key], schema)}\``,
    without: `\`\${lineOf([key])}unknown key \${JSON.stringify(key)}; \${adviceOn([key], schema)}\``,
    caughtBy: 'packages/shared/test/config/strict-yaml.test.ts',
  },
  {
    id: 'reads-any-object-identifier',
    rule: 'R18',
    does: 'reads and repeats an object identifier of any length',
    file: 'packages/shared/src/pki/der.ts',
    in: 'oidOf',
    guard: 'content.length > mostOidOctets',
    without: 'content.length < 0',
    caughtBy: 'packages/shared/test/pki/csr.test.ts',
  },
  {
    id: 'repeats-long-refusals',
    rule: 'R18',
    does: 'repeats the facts of a refusal at any length',
    file: 'packages/agent/src/coordinator/remote-error.ts',
    in: 'readDetails',
    guard: "typeof fact === 'string' ? printable(fact) : fact",
    without: 'fact',
    caughtBy: 'packages/agent/test/coordinator/client.test.ts',
  },
];
