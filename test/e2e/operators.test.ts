import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readContext } from '@picket/shared/context/context.ts';
import { readCredential } from '@picket/shared/pki/credential.ts';
import type { LoginCreated } from '@picket/shared/protocol/operators.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { type Finished, runToEnd } from '../support/children.ts';
import { fleetOf } from '../support/fleet-of-test.ts';
import { printedError } from '../support/printed-error.ts';
import { programs } from '../support/programs.ts';
import { anyText, wordsLike } from '../support/words-like.ts';

t.test('R7, R8: an operator makes its key where it is used, and is revoked while the coordinator serves', async (t) => {
  const fleet = await fleetOf(t, { members: 1 });
  const contextFile = join(fleet.folder, 'home/.config/picket/context.yml');
  const env = { HOME: join(fleet.folder, 'home') };
  const asBob = (...args: string[]) => runToEnd(process.execPath, [programs.cli, ...args], { env });
  const logIn = (loginString: string, ...args: string[]) =>
    runToEnd(process.execPath, [programs.cli, 'login', fleet.url, ...args], { env, input: `${loginString}\n` });
  const json = async (...args: string[]) =>
    JSON.parse((await fleet.picket(...args, '--output', 'json')).stdout) as LoginCreated;

  const refusalOf = ({ code, stderr }: Finished) => (code === 1 || code === 2 ? printedError(stderr) : null);
  const told = await fleet.picket('operator', 'create', 'bob', '--role', 'operator');
  t.match(told, { code: 0, stdout: `picket login ${fleet.url}` }, told.stderr);
  const { loginString } = await json('operator', 'invite', 'bob');
  const wrongPin = `${loginString.slice(0, -1)}${loginString.endsWith('0') ? '1' : '0'}`;
  t.match(refusalOf(await logIn(wrongPin)), { code: 'pin_mismatch', facts: { url: fleet.url } });
  t.match(refusalOf(await logIn('nonsense')), { code: 'join_string_invalid' });
  const logged = await logIn(loginString);
  t.match(logged, { code: 0, stdout: /^You are the operator bob \(operator\) at / }, logged.stderr);
  const twice = refusalOf(await logIn(loginString));
  t.same(twice, { code: 'file_exists', facts: { path: contextFile } }, 'a context file is not overwritten');
  t.match(refusalOf(await logIn(loginString, '--replace')), { code: 'login_used' });

  t.equal((await stat(contextFile)).mode & 0o777, 0o600);
  const context = readContext(await readFile(contextFile, 'utf8'), contextFile);
  t.match(context, { operator: 'bob', server: fleet.url });
  const first = readCredential(context.credential).certificate;
  t.equal((await asBob('cluster', 'list')).code, 0);
  t.match((await fleet.picket('operator', 'list')).stdout, /^bob +operator {3}20\d\d-\d\d-\d\d .* left\) {3}-$/m);

  t.match(await fleet.picket('operator', 'role', 'bob', 'viewer'), { code: 0, stdout: /the role viewer/ });
  t.match(refusalOf(await asBob('token', 'create')), { code: 'not_permitted', facts: { needs: 'the role operator' } });
  const again = (await json('operator', 'invite', 'bob')).loginString;
  t.equal((await logIn(again, '--replace')).code, 0);
  const renewed = readContext(await readFile(contextFile, 'utf8'), contextFile);
  t.not(readCredential(renewed.credential).certificate.spkiHash, first.spkiHash, 'a new certificate has a new key');

  const lastAdmin = refusalOf(await fleet.picket('operator', 'revoke', 'admin', '--yes'));
  t.same(lastAdmin, { code: 'last_admin', facts: { name: 'admin' } });
  t.match(await fleet.picket('operator', 'revoke', 'bob', '--yes'), { code: 0, stdout: /is revoked/ });
  const revoked = refusalOf(await asBob('cluster', 'list'));
  const why = wordsLike(reason('revoked_at', { at: anyText }));
  t.match(revoked, { code: 'certificate_required', facts: { reason: why } });
  const gone = refusalOf(await fleet.picket('operator', 'revoke', 'bob', '--yes'));
  t.same(gone, { code: 'not_found', facts: { what: 'operator', name: 'bob' } });
  const audit = (await fleet.picket('audit', 'list', '--limit', '100')).stdout;
  for (const action of [
    'POST /v1/operators',
    'POST /v1/login',
    'PATCH /v1/operators/:name',
    'DELETE /v1/operators/:name',
  ])
    t.match(audit, action);
  t.notOk(audit.includes(loginString.split('.')[2] ?? ''), 'R11: no secret');
});
