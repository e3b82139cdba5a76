import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { readContext, writeContext } from '@picket/shared/context/context.ts';
import { failure } from '@picket/shared/errors.ts';
import t from 'tap';
import { refusalOf } from '../../../test/support/refusal.ts';
import { makePki } from './support/pki.ts';
import { complaint, complaintLike, contextFor, folder, runCli, writeFile } from './support/run-cli.ts';
import { startStub } from './support/stub-coordinator.ts';

const pki = await makePki();
const stub = await startStub(pki, () => ({ body: { items: [], next: null } }));
const text = writeContext(contextFor(stub.url, pki));
const keyLine = pki.credential.trimEnd().split('\n').at(-2) ?? '';

t.teardown(() => stub.close());

const list = ['cluster', 'list'];

t.test('--context comes before PICKET_CONTEXT, and that before ~/.config/picket/context.yml', async (t) => {
  const good = writeFile('good.yml', text);
  mkdirSync(join(folder, '.config/picket'), { recursive: true });
  const bad = '/nowhere/context.yml';
  const byOption = await runCli([...list, '--context', good], { env: { PICKET_CONTEXT: bad, HOME: folder } });
  const byVariable = await runCli(list, { env: { PICKET_CONTEXT: good, HOME: '/nowhere' } });
  writeFile('.config/picket/context.yml', text);
  const byHome = await runCli(list, { env: { HOME: folder } });
  for (const ran of [byOption, byVariable, byHome]) t.strictSame([ran.code, ran.err], [0, '']);
});

t.test('a context that is missing', async (t) => {
  const ran = await runCli(list, { env: { HOME: '/nowhere' } });
  t.equal(ran.code, 2);
  t.equal(ran.err, complaint(failure('context_missing', { path: '/nowhere/.config/picket/context.yml' })));
});

t.test('a context that is no file', async (t) => {
  const ran = await runCli([...list, '--context', folder]);
  t.equal(ran.code, 2);
  t.equal(ran.err, complaint(failure('context_unreadable', { path: folder, problem: 'it is not a file' })));
});

t.test('a context that others can read is refused', async (t) => {
  const path = writeFile('exposed.yml', text);
  for (const mode of [0o640, 0o604, 0o660]) {
    chmodSync(path, mode);
    const ran = await runCli([...list, '--context', path]);
    t.equal(ran.code, 2);
    t.equal(ran.err, complaint(failure('context_exposed', { path, mode: `0${mode.toString(8)}` })));
  }
  chmodSync(path, 0o400);
  t.equal((await runCli([...list, '--context', path])).code, 0);
});

const invalid: readonly (readonly [what: string, text: string, problem: string])[] = [
  ['empty', '', 'operator'],
  ['an unknown key', `${text}oprator: x\n`, 'unknown key "oprator"; did you mean "operator"?'],
  ['unindented PEM', text.replace(/\n {2}/g, '\n'), 'is not valid YAML (are the PEM blocks indented?)'],
  [
    'a cut key',
    text.slice(0, -40),
    `"credential": ${failure('pem_malformed', { what: 'a credential', problem: 'its last block is cut short' }).message}`,
  ],
  [
    'a key among the authorities',
    text.replace(
      'certificateAuthority: |\n',
      `certificateAuthority: |\n${text.slice(text.indexOf('  -----BEGIN PRIVATE'))}`,
    ),
    `"certificateAuthority": ${failure('bundle_holds_key', {}).message}`,
  ],
  ['not an operator', text.replace('operator: admin', 'operator: "a b"'), '"operator" must be the name of an operator'],
];

t.test('a mistyped key of a context is reported with its line and what was meant', async (t) => {
  const path = writeFile('mistyped.yml', text.replace('operator:', 'oprator:'));
  const { code, err } = await runCli([...list, '--context', path]);
  const problem = 'line 3: unknown key "oprator"; did you mean "operator"?';
  t.strictSame([code, err], [2, complaint(failure('context_invalid', { path, problem }))]);
});

for (const [what, broken, problem] of invalid) {
  t.test(`a context with ${what} is refused without quoting it (R11)`, async (t) => {
    const path = writeFile('broken.yml', broken);
    const ran = await runCli([...list, '--context', path]);
    t.equal(ran.code, 2);
    t.match(ran.err, complaintLike('context_invalid', { path }));
    t.ok(ran.err.includes(problem), ran.err);
    t.notOk(ran.err.includes(keyLine));
  });
}

t.test('the address of the coordinator', async (t) => {
  const reading = (server: string) => () => readContext(text.replace(stub.url, server), 'context.yml').server;
  t.equal(reading('https://Pi.example.net')(), 'https://pi.example.net:7443');
  t.equal(reading('https://[fd00::1]:7443/')(), 'https://[fd00::1]:7443');
  for (const [server, url, problem] of [
    ['http://pi:7443', 'http://pi:7443', 'it must start with https://'],
    ['pi:7443', 'pi:7443', 'it must be https://HOST:PORT, without a path'],
    ['https://pi:7443/v1', 'https://pi:7443/v1', 'it must be https://HOST:PORT, without a path'],
    ['https://pi:70000', 'https://pi:70000', 'the port must be from 1 to 65535'],
    ['https://me:hush@pi:7443', '(not shown)', 'it contains an @'],
  ] as const) {
    t.strictSame(refusalOf(reading(server)), { code: 'coordinator_url_invalid', facts: { url, problem } });
  }
});

t.test('what is written is read as it was', async (t) => {
  t.strictSame(readContext(text, 'context.yml'), contextFor(stub.url, pki));
});
