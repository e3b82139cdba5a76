import fc from 'fast-check';
import t from 'tap';
import { refusalOf } from '../../../../test/support/refusal.ts';
import { PicketError } from '../../src/errors.ts';
import { parse } from '../../src/etcd-config/parse.ts';
import { render } from '../../src/etcd-config/render.ts';
import { anyConfig, seedConfig } from './samples.ts';

const good = render(seedConfig());

t.test('comments, single quotes, another order and CRLF are read', async (t) => {
  const edited = good
    .replace('name: "x-k3s-m-1"\n', '')
    .replace('log-level: "info"', "log-level: 'info' # quiet\nname: 'x-k3s-m-1'")
    .replaceAll('\n', '\r\n');
  t.strictSame(parse(edited), seedConfig());
});

t.test('any text is read or refused in words', async () => {
  const mutated = fc
    .tuple(anyConfig, fc.nat(), fc.nat({ max: 40 }), fc.string({ unit: 'binary', maxLength: 10 }))
    .map(([config, at, length, inserted]) => {
      const text = render(config);
      const start = at % text.length;
      return text.slice(0, start) + inserted + text.slice(start + length);
    });
  fc.assert(
    fc.property(fc.oneof(mutated, fc.string({ unit: 'binary', maxLength: 200 })), (text) => {
      try {
        parse(text);
      } catch (error) {
        if (!(error instanceof PicketError)) throw error;
      }
    }),
  );
});

const unknown = (key: string, advice: string) => `the key "${key}" is unknown; ${advice}`;
const name = 'name: "x-k3s-m-1"';
const refused: readonly (readonly [string, string, string])[] = [
  ['nothing', '', 'it is not a mapping of keys to values, such as name: "x-k3s-m-1"'],
  ['a list', '- a\n', 'it is not a mapping of keys to values, such as name: "x-k3s-m-1"'],
  ['no YAML', 'a: b: c', 'line 1 is not YAML: Nested mappings are not allowed in compact mappings'],
  ['two documents', `${good}---\n${good}`, 'line 35 begins a second document; keep one'],
  ['a key given twice', `${good}${name}\n`, 'line 35 is not YAML: Map keys must be unique'],
  ['too large a file', `#${'x'.repeat(65_536)}`, 'it is larger than 65536 bytes'],
  ['an unknown key', `${good}wal-dir: "/w"\n`, `line 35: ${unknown('wal-dir', 'remove it')}`],
  ['a misspelt key', `${good}data_dir: "/d"\n`, `line 35: ${unknown('data_dir', 'did you mean "data-dir"?')}`],
  [
    "a flag's name in a section",
    good.replace('  key-file', '  peer-cert-file: "/c"\n  key-file'),
    `line 27: ${unknown('client-transport-security.peer-cert-file', 'did you mean "cert-file"?')}`,
  ],
  ['a merge key', `<<: {}\n${good}`, `line 1: ${unknown('<<', 'remove it')}`],
  ['a key that is no word', `? [a]\n: 1\n${good}`, 'line 1: a key must be a word; remove it'],
  ['a missing key', good.replace(/^name:.*\n/m, ''), 'name is missing'],
  [
    'a missing section',
    good.replace(/^peer-transport-security:\n(?: .*\n)+/m, ''),
    'peer-transport-security is missing',
  ],
  [
    'a section that is none',
    good.replace(/^peer-transport-security:\n(?: .*\n)+/m, 'peer-transport-security: "x"\n'),
    'line 30: peer-transport-security must be a section with keys of its own',
  ],
  [
    'a missing key in a section',
    good.replace(/^ {2}trusted-ca-file.*\n/m, ''),
    'client-transport-security.trusted-ca-file is missing',
  ],
  [
    'a bare word',
    good.replace(name, 'name: yes'),
    'line 2: name must be in double quotes, because YAML reads some words without quotes as something else',
  ],
  ['block text', good.replace(name, 'name: |\n  a'), 'line 2: name must be a single value on the line of its key'],
  [
    'a list for a value',
    good.replace(name, 'name: ["a"]'),
    'line 2: name must be a single value on the line of its key',
  ],
  [
    'a surrogate escape',
    good.replace(name, 'name: "\\ud83d\\ude00"'),
    'line 2: name has a surrogate escape; write the character itself, or one \\U escape',
  ],
  [
    'a line separator',
    good.replace(name, 'name: "a\u2028b"'),
    'line 2 holds the character U+2028; remove it, or write it as an escape in double quotes',
  ],
  [
    'a byte order mark',
    `\ufeff${good}`,
    'line 1 holds the character U+FEFF; remove it, or write it as an escape in double quotes',
  ],
  ['an anchor', good.replace(name, 'name: &a "x"'), 'line 2: an anchor is not accepted; remove it'],
  ['a tag', good.replace(name, 'name: !!str "x"'), 'line 2: a tag is not accepted; remove it'],
  ['a %YAML line', `%YAML 1.2\n---\n${good}`, 'it has a %YAML line; remove it'],
  [
    'a number in quotes',
    good.replace('heartbeat-interval: 500', 'heartbeat-interval: "500"'),
    'line 12: heartbeat-interval must be a whole number without quotes',
  ],
  [
    'a number with underscores',
    good.replace('heartbeat-interval: 500', 'heartbeat-interval: 1_000'),
    'line 12: heartbeat-interval must be a whole number without quotes',
  ],
  [
    'a number with a unit',
    good.replace('heartbeat-interval: 500', 'heartbeat-interval: 500ms'),
    'line 12: heartbeat-interval must be a whole number without quotes',
  ],
  [
    'an unsafe number',
    good.replace('heartbeat-interval: 500', 'heartbeat-interval: 9007199254740993'),
    'line 12: heartbeat-interval must be a whole number without quotes',
  ],
  [
    'an unknown word',
    good.replace('state: "new"', 'state: "old"'),
    'line 10: initial-cluster-state must be "new" or "existing", in quotes',
  ],
  [
    'strict-reconfig-check off',
    good.replace('check: true', 'check: false'),
    'line 18: strict-reconfig-check must be true: with it etcd refuses membership changes that would lose the quorum',
  ],
  [
    'no comparison of the data',
    good.replace(/^experimental.*\n/m, ''),
    'experimental-compact-hash-check-enabled is missing',
  ],
  [
    'the comparison of the data off',
    good.replace('enabled: true', 'enabled: false'),
    'line 24: experimental-compact-hash-check-enabled must be true: without it etcd does not notice that the data of a member differs',
  ],
  [
    'the comparison of the data twice',
    `${good}feature-gates: "CompactHashCheck=true"\n`,
    'experimental-compact-hash-check-enabled and feature-gates are the same check; remove one of them',
  ],
  [
    'another feature gate',
    good.replace(/^experimental.*$/m, 'feature-gates: "CompactHashCheck=false"'),
    'line 24: feature-gates must be "CompactHashCheck=true", in quotes',
  ],
  [
    'client-cert-auth off',
    good.replace('auth: true', 'auth: false'),
    'line 28: client-transport-security.client-cert-auth must be true: without it anyone may connect',
  ],
  [
    'rotation off',
    good.replace('rotation: true', 'rotation: false'),
    'line 22: enable-log-rotation must be true: without it the log grows until the disk is full',
  ],
  [
    'a log output that is no list',
    good.replace('["/var/log/etcd/etcd.log"]', '"/var/log/etcd/etcd.log"'),
    'line 21: log-outputs must be a list of one value, in brackets',
  ],
  [
    'two log outputs',
    good.replace('["/var/log/etcd/etcd.log"]', '["/var/log/etcd/etcd.log", "stderr"]'),
    'line 21: log-outputs must be a list of one value, in brackets',
  ],
  [
    'a rotation by age',
    good.replace('"maxage":0', '"maxage":7'),
    'line 23: log-rotation-config-json must be of the form ' +
      '{"maxsize":10,"maxage":0,"maxbackups":3,"localtime":false,"compress":true}',
  ],
  [
    'an empty URL',
    good.replace(',https://127.0.0.1', ',,https://127.0.0.1'),
    'line 5: listen-client-urls has an empty URL; remove the comma',
  ],
  [
    'a member without a URL',
    good.replace('"x-k3s-m-1=https', '"https'),
    'line 9: initial-cluster has "https://192.168.7.11:2380" where NAME=URL belongs',
  ],
];

for (const [what, text, problem] of refused) {
  t.test(`refused in words: ${what}`, async (t) => {
    t.throws(() => parse(text), { code: 'etcd_config_unreadable', details: { problems: problem } });
  });
}

t.test('an alias is refused, and the anchor with it', async (t) => {
  const text = good.replace(name, 'name: &a "x"').replace('"/var/lib/etcd/0001"', '*a');
  t.throws(() => parse(text), {
    code: 'etcd_config_unreadable',
    details: {
      problems:
        '\n- line 2: an anchor is not accepted; remove it\n- line 3: an alias is not accepted; write the value out',
    },
  });
});

t.test('every problem of a file is reported at once', async (t) => {
  const problems =
    '\n- line 2: name must be in double quotes, because YAML reads some words without quotes as something else' +
    '\n- line 18: strict-reconfig-check must be true: with it etcd refuses membership changes that would lose the quorum';
  t.strictSame(
    refusalOf(() => parse(good.replace(name, 'name: yes').replace('check: true', 'check: false'))),
    { code: 'etcd_config_unreadable', facts: { problems } },
  );
});

t.test('nesting without end is refused, not followed', async (t) => {
  t.throws(() => parse(`a: ${'['.repeat(60_000)}`), { code: 'etcd_config_unreadable' });
});
