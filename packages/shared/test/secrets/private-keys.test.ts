import t from 'tap';
import { logWithoutSecrets, withoutSecrets } from '../../src/secrets.ts';

const canary = 'bm90IGEgcmVhbCBrZXk';
const long = `${canary}${'A'.repeat(45)}`;
const first = '-----BEGIN EC PRIVATE KEY-----';
const last = '-----END EC PRIVATE KEY-----';
const pem = [first, long, canary, last].join('\n');
const inJson = (value: unknown) => JSON.stringify({ msg: value, error: 'remote error' });
const clean = (text: string) => logWithoutSecrets(text.split('\n'), 4000).join('\n');

t.test('R11: a private key is removed whole, and nothing else', (t) => {
  const encrypted = [first, 'Proc-Type: 4,ENCRYPTED', 'DEK-Info: AES-128-CBC,00FF', '', long, canary, last];
  const forms: Readonly<Record<string, readonly [before: string, after: string]>> = {
    'over several lines': [`a\n${pem}\nb`, 'a\n(a private key)\nb'],
    'with the line ends of Windows': [`a\r\n${pem.replaceAll('\n', '\r\n')}\r\nb`, 'a\r\n(a private key)\r\nb'],
    'in one line': [`KEY='${pem.replaceAll('\n', ' ')}' b`, "KEY='(a private key)' b"],
    'in JSON': [inJson(pem), inJson('(a private key)')],
    'in JSON in JSON': [inJson(inJson(pem)), inJson(inJson('(a private key)'))],
    'with a passphrase': [`a\n${encrypted.join('\n')}\nb`, 'a\n(a private key)\nb'],
    'in short lines': [
      `a\n${[first, 'bm90IGEg', `${canary}==`, 'cmVhbA', last].join('\n')}\nb`,
      'a\n(a private key)\nb',
    ],
    'in short lines within JSON': [inJson([first, canary, canary, 'QQ==', last].join('\n')), inJson('(a private key)')],
    'of PGP': [
      `-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: GnuPG v2\n\n${long}\n${canary}\n=ab12\n-----END PGP PRIVATE KEY BLOCK-----\nb`,
      '(a private key)\nb',
    ],
    'each line in one of the log': [
      `${[first, long, canary, last].map(inJson).join('\n')}\nb`,
      `${Array(4).fill(inJson('(a private key)')).join('\n')}\nb`,
    ],
    'each line behind a time': [
      `${[first, long, canary, last].map((line, index) => `10:00:0${index} ${line}`).join('\n')}\nb`,
      `${[0, 1, 2, 3].map((index) => `10:00:0${index} (a private key)`).join('\n')}\nb`,
    ],
    'cut in JSON': [`${inJson(pem).slice(0, 80)}…\nb`, '{"msg":"(a private key)\nb'],
  };
  for (const [what, [before, after]] of Object.entries(forms)) {
    t.equal(clean(before), after, what);
    t.equal(withoutSecrets(before), after, `${what}, in an error or a bundle`);
  }
  t.end();
});

t.test('R11: the first line of a private key hides only the rest of its line or value', (t) => {
  const server = (name: string) => `{"msg":"rejected connection","server-name":"${name}","error":"EOF"}`;
  const others = [
    server('a.example'),
    'panic: out of range',
    'goroutine 1 [running]:',
    'main.main()',
    'exit',
    'status',
  ];
  const kept = (before: readonly string[], after: readonly string[]) => {
    for (const around of [others, [others.join(' ')]]) {
      t.equal(clean([...before, ...around].join('\n')), [...after, ...around].join('\n'));
      const ended = [...before, ...around, last, server(last)].join('\n');
      t.equal(clean(ended), [...after, ...around, last, server(last)].join('\n'), 'with a last line later');
    }
  };
  kept([server(first)], [server('(a private key)')]);
  kept([inJson(server(first))], [inJson(server('(a private key)'))]);
  kept([`server ${first} of a stranger`], ['server (a private key)']);
  kept([first], ['(a private key)']);
  // More words than the largest key has lines.
  const words = Array<string>(402).fill('exit');
  kept([first, ...words, last], ['(a private key)', ...words, last]);
  kept([first, 'exit status 1.', last], ['(a private key)', 'exit status 1.', last]);
  kept([server(first), server(first)], [server('(a private key)'), server('(a private key)')]);
  t.end();
});

t.test('R18: many first lines take no longer than as many words', (t) => {
  for (const one of [first, `${first}"`, `${first}\n`, `${first}\n${long}`, `${first}\\`, `"${first}" ${last}`]) {
    t.notMatch(withoutSecrets(one.repeat(20_000)), 'BEGIN');
  }
  t.end();
});
