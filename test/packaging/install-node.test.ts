import t from 'tap';
import { installerFunctions } from './installer-functions.ts';

// A machine with everything but a new Node.js, and no disk to write to.
const alpine = `system=alpine; is_installed() { true; }; takes_package() { false; }; needs_time_sync() { false; }
  add_community() { :; }; note_added() { echo "noted $*"; }`;
const node = (version: string) => `echo ${version}`;

t.test('on Alpine, a package nodejs that is too old is upgraded', async (t) => {
  const newer = `echo "$*" >$0.asked; printf '#!/bin/sh\\necho v22.23.2\\n' >"\${0%/*}/node"`;
  const { run } = installerFunctions(t, { node: node('v22.16.0'), apk: `${newer}; cat $0.asked >&2` });
  const dry = await run(`${alpine}; dry=yes; install_packages`);
  t.strictSame([dry.code, dry.stdout], [0, 'would upgrade the package nodejs\n'], dry.stderr);
  const { code, stdout, stderr } = await run(`${alpine}; install_packages; cat "$work/packages.log"`);
  t.equal(code, 0, stderr);
  t.match(stdout, /^noted package nodejs$/m);
  t.match(stdout, /^✓ upgraded nodejs from v22\.16\.0 to v22\.23\.2$/m);
  t.match(stdout, /^--wait 300 add -U -u nodejs$/m);
});

t.test('on Alpine, a release whose newest nodejs is too old is refused', async (t) => {
  const { run } = installerFunctions(t, { node: node('v20.15.1'), apk: 'echo OK' });
  const { code, stderr } = await run(`${alpine}; install_packages`);
  t.equal(code, 1);
  t.match(stderr, /^error: the newest Node\.js of this system is v20\.15\.1, and the agent needs 22\.19 or later$/m);
  t.match(stderr, /^hint: On Alpine, upgrade to a release /m);
});

t.test('a 32-bit system is refused with the reason, also below a 64-bit kernel', async (t) => {
  for (const architecture of ['armhf', 'armel', 'i386']) {
    const { run } = installerFunctions(t, { dpkg: `echo ${architecture}`, 'apt-get': ':' });
    const { code, stderr } = await run('find_system');
    t.equal(code, 1);
    const reason = 'and etcd is tested and supported on 64-bit systems only';
    t.match(stderr, `error: this is a 32-bit system (${architecture}), ${reason}\n`);
  }
});

t.test('the Node.js that is handed out is that of the processor, and only on Debian', async (t) => {
  const { run } = installerFunctions(t, {});
  const found = async (system: string, architecture: string) => {
    const facts = 'node_amd64=24.1.0:52504722:aa node_arm64=none';
    const shown = 'echo "$handed_out_version $handed_out_mb $handed_out_bytes $handed_out_sha256"';
    const commands = `${facts} system=${system} architecture=${architecture}; find_handed_out; hands_out_node && ${shown}`;
    return (await run(commands)).stdout.trim();
  };
  t.equal(await found('debian', 'amd64'), '24.1.0 53 52504722 aa');
  t.equal(await found('debian', 'arm64'), '', 'the coordinator has none for it');
  t.equal(await found('alpine', 'x86_64'), '', 'it is not for musl');
});
