import { execFileSync } from 'node:child_process';
import t from 'tap';
import { packageCommand } from '../../src/etcd-packages/package-command.ts';
import type { PackageSystem } from '../../src/protocol/package-system.ts';

const alpine = (release: string, inMemory = false): PackageSystem => ({
  id: 'alpine',
  release,
  inMemory,
  ownBinary: false,
});
const debian = (release: string | null): PackageSystem => ({
  id: 'debian',
  release,
  inMemory: false,
  ownBinary: false,
});
const addsTagged = "apk add -U 'etcd@etcd35~3.5' 'etcd-ctl@etcd35~3.5'";

/** What the first part of a command prints that appends to the repositories, if these are its lines. */
function appended(command: string, repositories: string): string {
  const [first = ''] = command.split(' /etc/apk/repositories >>');
  const script = /^sed -nE '(.*)'$/.exec(first)?.[1] ?? '';
  return execFileSync('sed', ['-nE', script], { input: repositories, encoding: 'utf8' });
}

t.test('on Alpine the branch that has the version gets a tag, which upgrades and boots keep', async (t) => {
  const command = packageCommand(alpine('3.23'), '3.5') ?? '';
  t.match(command, new RegExp(` >>/etc/apk/repositories && ${addsTagged}$`));
  const mirror = 'https://mirror.example/alpine';
  const lines = `#http://a.example/v3.23/community\n${mirror}/v3.23/main\n${mirror}/v3.23/community\n@edge ${mirror}/edge/community\n`;
  t.equal(appended(command, lines), `@etcd35 ${mirror}/v3.22/community\n`, 'from the mirror of this machine');
  t.equal(appended(command, `${mirror}/edge/community/\n`), `@etcd35 ${mirror}/v3.22/community\n`);
  for (const parts of ['main community', 'community testing', 'main  community'])
    t.equal(
      appended(command, `${mirror}/v3.23 ${parts}\n`),
      `@etcd35 ${mirror}/v3.22/community\n`,
      'as apk 3 has them',
    );
  t.equal(appended(command, `${mirror}/v3.23 main testing\n`), '');
  t.match(packageCommand(alpine('3.22'), '3.6'), '/v3.24/community');
});

t.test('on Alpine no tag is needed for the branch that this machine uses', async (t) => {
  t.equal(packageCommand(alpine('3.23'), '3.6'), "apk add -U 'etcd~3.6' 'etcd-ctl~3.6'");
  t.equal(packageCommand(alpine('3.30'), '3.9'), "apk add -U 'etcd~3.9' 'etcd-ctl~3.9'", 'no known branch has it');
});

t.test('on a diskless Alpine the next boot has it too', async (t) => {
  t.equal(packageCommand(alpine('3.22', true), '3.5'), "apk add -U 'etcd~3.5' 'etcd-ctl~3.5' && lbu commit");
});

t.test('on Debian its own version is installed and held', async (t) => {
  const command =
    "apt-get install --allow-downgrades 'etcd-server=3.5.*' 'etcd-client=3.5.*' && apt-mark hold etcd-server etcd-client";
  t.equal(packageCommand(debian('13'), '3.5'), command);
  t.equal(packageCommand(debian(null), '3.5'), command, 'testing and unstable, which have no number');
});

t.test('where no package has the version there is no command', async (t) => {
  const none: readonly (readonly [PackageSystem, string])[] = [
    [debian('13'), '3.6'],
    [debian('12'), '3.5'],
    [{ ...debian('13'), id: 'other' }, '3.5'],
    [{ ...debian('13'), ownBinary: true }, '3.5'],
  ];
  for (const [system, minor] of none) t.equal(packageCommand(system, minor), null);
});

t.test('what a node calls a minor version becomes no part of a command', async (t) => {
  for (const minor of ["3.5' && reboot '", '3', '3.5.1', '', '3.5\n'])
    t.equal(packageCommand(alpine('3.23'), minor), null, JSON.stringify(minor));
});
