import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readContext } from '@picket/shared/context/context.ts';
import { readCredential } from '@picket/shared/pki/credential.ts';
import type { LoginCreated } from '@picket/shared/protocol/operators.ts';
import t from 'tap';
import { runToEnd } from '../support/children.ts';
import { fleetOf } from '../support/fleet-of-test.ts';
import { programs } from '../support/programs.ts';

t.test('R7, R8: an operator makes its key where it is used, and is revoked while the coordinator serves', async (t) => {
  const fleet = await fleetOf(t, { members: 1 });
  const contextFile = join(fleet.folder, 'home/.config/picket/context.yml');
  const env = { HOME: join(fleet.folder, 'home') };
  const asBob = (...args: string[]) => runToEnd(process.execPath, [programs.cli, ...args], { env });
  const logIn = (loginString: string, ...args: string[]) =>
    runToEnd(process.execPath, [programs.cli, 'login', fleet.url, ...args], { env, input: `${loginString}\n` });
  const json = async (...args: string[]) =>
    JSON.parse((await fleet.picket(...args, '--output', 'json')).stdout) as LoginCreated;

  const told = await fleet.picket('operator', 'create', 'bob', '--role', 'operator');
  t.match(told, { code: 0, stdout: `picket login ${fleet.url}` }, told.stderr);
  const { loginString } = await json('operator', 'invite', 'bob');
  const wrongPin = `${loginString.slice(0, -1)}${loginString.endsWith('0') ? '1' : '0'}`;
  t.match(await logIn(wrongPin), {
    code: 1,
    stderr: /does not have the certificate authority.*\n.*No secret was sent/,
  });
  t.match(await logIn('nonsense'), { code: 1, stderr: /cannot be read/ });
  const logged = await logIn(loginString);
  t.match(logged, { code: 0, stdout: /^You are the operator bob \(operator\) at / }, logged.stderr);
  t.match(await logIn(loginString), { code: 1, stderr: /already exists/ }, 'a context file is not overwritten');
  t.match(await logIn(loginString, '--replace'), { code: 1, stderr: /was already used at/ });

  t.equal((await stat(contextFile)).mode & 0o777, 0o600);
  const context = readContext(await readFile(contextFile, 'utf8'), contextFile);
  t.match(context, { operator: 'bob', server: fleet.url });
  const first = readCredential(context.credential).certificate;
  t.equal((await asBob('cluster', 'list')).code, 0);
  t.match(
    (await fleet.picket('operator', 'list')).stdout,
    /\| bob +\| operator \| 20\d\d-\d\d-\d\d .* left\) \| - +\|/,
  );

  t.match(await fleet.picket('operator', 'role', 'bob', 'viewer'), { code: 0, stdout: /the role viewer/ });
  t.match(await asBob('token', 'create'), { code: 1, stderr: /the role operator is needed/ });
  const again = (await json('operator', 'invite', 'bob')).loginString;
  t.equal((await logIn(again, '--replace')).code, 0);
  const renewed = readContext(await readFile(contextFile, 'utf8'), contextFile);
  t.not(readCredential(renewed.credential).certificate.spkiHash, first.spkiHash, 'a new certificate has a new key');

  t.match(await fleet.picket('operator', 'revoke', 'admin', '--yes'), { code: 1, stderr: /last admin/ });
  t.match(await fleet.picket('operator', 'revoke', 'bob', '--yes'), { code: 0, stdout: /is revoked/ });
  t.match(await asBob('cluster', 'list'), { code: 1, stderr: /accepted none: it was revoked at/ });
  t.match(await fleet.picket('operator', 'revoke', 'bob', '--yes'), { code: 1, stderr: /bob does not exist/ });
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
