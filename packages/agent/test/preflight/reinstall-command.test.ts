import t from 'tap';
import { reinstallCommand } from '../../src/preflight/reinstall-command.ts';

const alpine = (version: string) => `NAME="Alpine Linux"\nID=alpine\nVERSION_ID=${version}\n`;
const debian = 'ID=debian\nVERSION_ID="13"\n';

function commandOn(osRelease: string, repositories: string, minor: string, configured: string | null = null) {
  const files = { read: async (path: string) => (path === '/etc/os-release' ? osRelease : repositories) };
  return reinstallCommand(files, minor, configured);
}

t.test('on Alpine the command names the branch that has the version, at the mirror of this machine', async (t) => {
  const mirror = 'https://mirror.example/alpine';
  const repositories = `#http://cdn.example/alpine/v3.23/main\n${mirror}/v3.23/main\n${mirror}/v3.23/community\n`;
  t.equal(
    await commandOn(alpine('3.23.2'), repositories, '3.5'),
    `apk add --repository=${mirror}/v3.22/community 'etcd~3.5' 'etcd-ctl~3.5'`,
  );
  t.match(await commandOn(alpine('3.23.2'), repositories, '3.6'), '/v3.23/community ', 'its own where that has it');
  t.match(await commandOn(alpine('3.22.1'), repositories, '3.6'), '/v3.24/community ');
});

t.test('the mirror comes from any of its lines, and without one it is Alpine’s own', async (t) => {
  for (const [repositories, mirror] of [
    ['@edge http://a.example/edge/community\n', 'http://a.example'],
    ['/media/usb/apks\nhttp://b.example/alpine/latest-stable/main\n', 'http://b.example/alpine'],
    ['', 'https://dl-cdn.alpinelinux.org/alpine'],
  ] as const) {
    t.match(await commandOn(alpine('3.23.0'), repositories, '3.5'), `--repository=${mirror}/v3.22/community `);
  }
});

t.test('a minor version that no known branch has is requested by its name only', async (t) => {
  t.equal(await commandOn(alpine('3.30.0'), '', '3.9'), "apk add 'etcd~3.9' 'etcd-ctl~3.9'");
});

t.test('on Debian it is installed and held', async (t) => {
  t.equal(
    await commandOn(debian, '', '3.5'),
    "apt-get install --allow-downgrades 'etcd-server=3.5.*' 'etcd-client=3.5.*' && apt-mark hold etcd-server etcd-client",
  );
});

t.test('no package manager knows a binary that agent.yml names', async (t) => {
  t.equal(await commandOn(debian, '', '3.5', '/opt/etcd'), 'put an etcd 3.5 at /opt/etcd');
});
