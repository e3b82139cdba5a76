import t from 'tap';
import { reinstallCommand } from '../../src/preflight/reinstall-command.ts';

const alpine = (version: string) => `NAME="Alpine Linux"\nID=alpine\nVERSION_ID=${version}\n`;
const debian = (version: string) => `ID=debian\nVERSION_ID="${version}"\n`;

interface Machine {
  readonly configured?: string;
  readonly inMemory?: boolean;
}

function commandOn(osRelease: string, repositories: string, minor: string, machine: Machine = {}) {
  const { configured = null, inMemory = false } = machine;
  const files = { read: async (path: string) => (path === '/etc/os-release' ? osRelease : repositories) };
  return reinstallCommand(files, minor, configured, async () => inMemory);
}

const mirror = 'https://mirror.example/alpine';
const repositories = `#http://cdn.example/alpine/v3.23/main\n${mirror}/v3.23/main\n${mirror}/v3.23/community\n`;
const tagged = `@etcd35 ${mirror}/v3.22/community`;
const addsTagged = "apk add -U 'etcd@etcd35~3.5' 'etcd-ctl@etcd35~3.5'";

t.test('on Alpine the branch that has the version gets a tag, which upgrades and boots keep', async (t) => {
  t.equal(
    await commandOn(alpine('3.23.2'), repositories, '3.5'),
    `echo '${tagged}' >>/etc/apk/repositories && ${addsTagged}`,
  );
  t.equal(await commandOn(alpine('3.23.2'), `${repositories}${tagged}\n`, '3.5'), addsTagged, 'it is there already');
  t.match(await commandOn(alpine('3.22.1'), repositories, '3.6'), '/v3.24/community');
});

t.test('on Alpine no tag is needed for the branch that this machine uses', async (t) => {
  const plain = "apk add -U 'etcd~3.6' 'etcd-ctl~3.6'";
  t.equal(await commandOn(alpine('3.23.2'), repositories, '3.6'), plain);
  const commented = repositories.replace(`\n${mirror}/v3.23/community`, `\n#${mirror}/v3.23/community`);
  t.match(await commandOn(alpine('3.23.2'), commented, '3.6'), `echo '@etcd36 ${mirror}/v3.23/community'`);
});

t.test('on a diskless Alpine the next boot has it too', async (t) => {
  const command = await commandOn(alpine('3.23.2'), repositories, '3.5', { inMemory: true });
  t.equal(command, `echo '${tagged}' >>/etc/apk/repositories && ${addsTagged} && lbu commit`);
});

t.test('the mirror comes from any line, and without one it is Alpine’s own', async (t) => {
  for (const [lines, from] of [
    ['@edge http://a.example/edge/community\n', 'http://a.example'],
    ['/media/usb/apks\nhttp://b.example/alpine/latest-stable/main\n', 'http://b.example/alpine'],
    ["http://c'd.example/alpine/v3.23/main\n", 'https://dl-cdn.alpinelinux.org/alpine'],
    ['', 'https://dl-cdn.alpinelinux.org/alpine'],
  ] as const) {
    t.match(await commandOn(alpine('3.23.0'), lines, '3.5'), `echo '@etcd35 ${from}/v3.22/community'`);
  }
});

t.test('a minor version that no known branch has is requested by its name only', async (t) => {
  t.equal(await commandOn(alpine('3.30.0'), '', '3.9'), "apk add -U 'etcd~3.9' 'etcd-ctl~3.9'");
});

t.test('on Debian its own version is installed and held', async (t) => {
  const command =
    "apt-get install --allow-downgrades 'etcd-server=3.5.*' 'etcd-client=3.5.*' && apt-mark hold etcd-server etcd-client";
  t.equal(await commandOn(debian('13'), '', '3.5'), command);
  t.equal(await commandOn('ID=debian\n', '', '3.5'), command, 'testing and unstable, which have no number');
});

t.test('where Debian has no such version, a release of etcd is named and where it goes', async (t) => {
  for (const [system, minor] of [
    [debian('13'), '3.6'],
    [debian('12'), '3.5'],
    ['ID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"\n', '3.5'],
    ['ID=fedora\n', '3.5'],
  ] as const) {
    const command = await commandOn(system, '', minor);
    t.notMatch(command, 'apt-get');
    t.match(command, `a ${minor} release from https://github.com/etcd-io/etcd/releases into /usr/local/bin`);
  }
});

t.test('no package manager knows a binary that agent.yml names', async (t) => {
  t.equal(await commandOn(debian('13'), '', '3.5', { configured: '/opt/etcd' }), 'put an etcd 3.5 at /opt/etcd');
});
