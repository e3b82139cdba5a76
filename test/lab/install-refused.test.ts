import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { failure } from '@picket/shared/errors.ts';
import t from 'tap';
import { runToEnd } from '../support/children.ts';
import { printedError } from '../support/printed-error.ts';
import { until } from '../support/until.ts';
import { buildByHand } from './hand-built.ts';
import { bareLine, etcdPid, filesOf, lineOf, secretIn } from './installing.ts';
import type { LabHost } from './lab-host.ts';
import { labNeeded } from './lab-needed.ts';
import { labOf } from './lab-of-test.ts';
import { cluster } from './names.ts';

const impostorProgram = join(import.meta.dirname, 'impostor-program.ts');

t.test('the line refuses, and leaves the machine as it was', labNeeded, async (t) => {
  const lab = await labOf(t, { blank: true });
  await lab.createCluster();
  const line = await lineOf(lab, '--uses', '3');
  const secret = secretIn(line);
  await Promise.all(lab.hosts.map((host) => host.boot()));
  const [first, second] = lab.hosts as [LabHost, LabHost];

  await t.test('R13: hosts on which a cluster was built by hand are not touched, and told why', async (t) => {
    await buildByHand(lab.hosts);
    for (const host of lab.hosts) {
      const [files, pid] = [await filesOf(host), await etcdPid(host)];
      const { code, stderr } = await host.run(line);
      t.equal(code, 1);
      t.match(stderr, 'error: this machine has an etcd already:');
      t.match(stderr, `the process etcd (pid ${pid})`);
      t.match(stderr, 'the file /etc/etcd/server.pem');
      t.match(stderr, 'data in /var/lib/etcd');
      t.match(stderr, 'the service that /etc/runlevels/default/etcd starts at boot');
      t.match(stderr, /^hint: Nothing was touched\./m);
      t.strictSame(await filesOf(host), files, host.name);
      t.equal(await etcdPid(host), pid);
    }
    t.match((await lab.picket('token', 'list')).stdout, '0 of 3', 'the token is not used up');
  });

  await first.newDisk();
  await first.boot();
  const files = await filesOf(first);

  await t.test('a join that the coordinator refuses takes everything back', async (t) => {
    const revoked = await lineOf(lab);
    const [, id = ''] = /pkt1\.([^.]+)\./.exec(revoked) ?? [];
    await lab.picket('token', 'revoke', id);
    const { code, stderr } = await first.run(revoked);
    t.equal(code, 1);
    t.match(printedError(stderr), { code: 'token_expired', facts: { tokenId: id } });
    t.match(stderr, /^This machine is as it was\.$/m);
    t.strictSame(await filesOf(first), files);
  });

  await t.test('what apk reports is shown, and a rollback does not depend on it', async (t) => {
    await first.must('mv /usr/share/lab/packages/chrony /root/ && echo foreign >/usr/share/lab/broken-package');
    const missing = await first.run(line);
    t.equal(missing.code, 1);
    t.match(missing.stderr, /^ {2}chrony \(no such package\):$/m);
    t.match(missing.stderr, /^This machine is as it was\.$/m);
    await first.must('mv /root/chrony /usr/share/lab/packages/');
    const stranger = await first.run(line.replace('sh "$f"', 'sh "$f" --name stranger'));
    t.equal(stranger.code, 1);
    t.match(stranger.stderr, /^ERROR: foreign-\S+: script exited with error 1$/m);
    t.match(stranger.stderr, /^This machine is as it was\.$/m);
    await first.must('rm /usr/share/lab/broken-package');
    t.strictSame(await filesOf(first), files);
  });

  await t.test('a host that is no member learns its choices, and everything is taken back', async (t) => {
    const { code, stderr } = await first.run(line.replace('sh "$f"', 'sh "$f" --name stranger'));
    t.equal(code, 1);
    const declared = 'x-k3s-m-1, x-k3s-m-2, x-k3s-m-3';
    t.match(stderr, failure('member_not_declared', { cluster, member: 'stranger', declared }).message);
    t.strictSame(await filesOf(first), files);
  });

  await t.test('arguments that are none are not repeated, and nothing is done', async (t) => {
    const { code, stdout, stderr } = await first.run(line.replace('sh "$f"', `sh "$f" pkt1.a.${secret}.b`));
    t.equal(code, 2);
    t.notOk((stdout + stderr).includes(secret));
    t.strictSame(await filesOf(first), files);
  });

  await t.test('without a join string it asks, and takes none for an answer', async (t) => {
    const { code, stderr } = await first.run(`${await bareLine(lab)} </dev/null`);
    t.equal(code, 1);
    t.match(stderr, 'error: the join string is missing');
    t.strictSame(await filesOf(first), files);
  });

  await t.test('a script that was cut off does nothing', async (t) => {
    await first.must(`wget -qO /tmp/whole --no-check-certificate https://192.168.7.10:7443/install.sh`);
    const lines = Number(await first.must('wc -l < /tmp/whole'));
    // To the line before the last, in the midst of a function, and in the midst of a file that it carries.
    for (const left of [lines - 1, Math.floor(lines / 2), 200]) {
      const { stdout } = await first.run(`head -n ${left} /tmp/whole > /tmp/part; sh /tmp/part`);
      t.equal(stdout, '', `${left} of ${lines} lines`);
    }
    t.strictSame(await filesOf(first), files);
  });

  const genuine = join(lab.folder, 'genuine.sh');
  await writeFile(genuine, await first.must('cat /tmp/whole; rm /tmp/whole /tmp/part').then((text) => `${text}\n`));
  const agent = join(lab.folder, 'install/picket-agent.cjs');
  const evil = join(lab.folder, 'evil');
  await writeFile(evil, '#!/bin/sh\ntouch /evil\n');
  await lab.coordinator.stop();

  for (const [what, script, program, said] of [
    [
      'another script',
      evil,
      agent,
      /^Nothing was run: \S+ sent another script than this command expects\. If the address can be reached, print a new command\.$/m,
    ],
    ['another agent', genuine, evil, /^error: \S+ did not return the agent that this install command was made for$/m],
    ['another key', genuine, agent, failure('pin_mismatch', { url: 'https://192.168.7.10:7443' }).message],
  ] as const) {
    await t.test(`R11: a machine in between with ${what} gets nothing`, async (t) => {
      const credential = join(lab.folder, 'impostor.pem');
      const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1'];
      await runToEnd('openssl', [
        ...request,
        '-subj',
        '/CN=192.168.7.10',
        '-keyout',
        credential,
        '-out',
        `${credential}.crt`,
      ]);
      await runToEnd('sh', ['-c', `cat ${credential}.crt >> ${credential}`]);
      const log = join(lab.folder, `impostor ${what}.log`);
      const args = [impostorProgram, '7443', credential, script, program];
      const impostor = await lab.outside.start(process.execPath, args, log, { network: 'coordinator' });
      t.teardown(() => impostor.stop());
      await until('the impostor listens', () => impostor.log().includes('listening'), { within: 20_000 });

      const { code, stdout, stderr } = await first.run(line);
      t.not(code, 0);
      t.match(stdout + stderr, said);
      t.match(impostor.log(), 'GET /install.sh', 'it was asked');
      t.notOk(impostor.log().includes(secret), 'and told nothing');
      t.equal((await first.run('ls /evil')).code, 1, 'nothing of its was run');
      t.strictSame(await filesOf(first), files);
    });
  }

  t.ok(await etcdPid(second), 'and what was built by hand still runs');
});
