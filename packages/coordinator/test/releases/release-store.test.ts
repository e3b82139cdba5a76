import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mostReleaseFileBytes, releasePartBytes } from '@picket/shared/protocol/releases.ts';
import t, { type Test } from 'tap';
import { mostReleases, openReleaseStore, type ReleaseStore } from '../../src/releases/release-store.ts';
import { archive, hashOf, program, release, restores } from './sample-programs.ts';

const roomy = 10 * 1024 ** 3;

async function given(t: Test) {
  const folder = join(t.testdir(), 'releases');
  const clock = { now: Date.parse('2026-11-26T12:00:00Z'), up: 0, free: roomy };
  const open = () =>
    openReleaseStore({
      folder,
      now: () => {
        clock.now += 1000;
        return clock.now;
      },
      monotonic: () => clock.up,
      freeBytes: async () => clock.free,
    });
  return { folder, clock, open, store: await open() };
}

/** Sends a file in parts and has it stored. */
async function add(store: ReleaseStore, content: Buffer, name = 'etcdutl', architecture?: 'amd64' | 'arm64') {
  const sha256 = hashOf(content);
  for (let offset = 0; offset < content.length; offset += releasePartBytes) {
    await store.append(sha256, offset, content.subarray(offset, offset + releasePartBytes));
  }
  return store.add(sha256, { name, ...(architecture === undefined ? {} : { architecture }) });
}

t.test(
  'R9: the programs of an upstream archive are stored, whole and by their own hashes, and exist after a restart',
  async (t) => {
    const { store, open, folder } = await given(t);
    const file = await release('arm64');
    const added = await add(store, file, 'etcd-v3.5.24-linux-arm64.tar.gz');
    t.match(added, {
      sha256: hashOf(file),
      name: 'etcd-v3.5.24-linux-arm64.tar.gz',
      architecture: 'arm64',
      version: '3.5.24',
    });
    const contents = {
      etcd: program('arm64', 'etcd'),
      etcdctl: program('arm64', 'etcdctl'),
      etcdutl: program('arm64'),
    };
    t.same(
      added.programs,
      Object.entries(contents).map(([name, one]) => ({ name, sha256: hashOf(one), sizeBytes: one.length })),
    );
    const again = await open();
    t.same(again.list(), [added]);
    const etcd = hashOf(contents.etcd);
    t.ok((await again.read(etcd, 0)).equals(contents.etcd));
    t.equal((await again.read(etcd, contents.etcd.length)).length, 0);
    t.equal(statSync(again.pathFor('arm64', null) ?? '').mode & 0o777, 0o755);
    const stored = [...Object.values(contents).map((one) => `${hashOf(one)}.program`), `${added.sha256}.json`];
    t.same(readdirSync(folder).sort(), stored.sort());
  },
);

t.test('a bare etcdutl is accepted as well; its version is read from it, else from its name', async (t) => {
  const { store } = await given(t);
  const noted = program('amd64', `${restores} go.etcd.io/etcd/api/v3\tv3.5.30\n`);
  t.match(await add(store, noted), { architecture: 'amd64', version: '3.5.30' });
  t.match(await add(store, program('amd64'), 'etcdutl-3.6.4'), { version: '3.6.4' });
  t.match(await add(store, program('arm64')), { version: null, programs: [{ name: 'etcdutl' }] });
  for (const [name, ending] of [
    ['etcdctl', ''],
    ['etcdutl', '/v3'],
  ] as const) {
    const words = `path\tgo.etcd.io/etcd/${name}${ending}\n ${restores}`;
    t.match(await add(store, program('arm64', words)), { programs: [{ name }] });
  }
  const spread = program('arm64', `${'x'.repeat(1024 * 1024 - 70)}${restores}`);
  t.match(await add(store, spread), { architecture: 'arm64' }, 'words that span two chunks are found');
});

const refused: readonly (readonly [what: string, file: () => Buffer | Promise<Buffer>, problem: RegExp])[] = [
  ['a text', () => Buffer.from('not a program'), /neither a \.tar\.gz archive nor a program/],
  ['nothing at all', () => Buffer.from(''), /neither/],
  [
    'an archive without two of the programs',
    () => archive([{ name: 'etcd-v3.4.23-linux-amd64/etcd', content: program('amd64') }]),
    /it holds no etcdctl, no etcdutl/,
  ],
  [
    'an archive with programs for different machines',
    () => release('amd64', { etcd: program('arm64', 'etcd') }),
    /for different machines/,
  ],
  [
    'an archive with programs of different versions',
    () => release('amd64', { etcd: program('amd64', 'go.etcd.io/etcd/api/v3\tv3.5.23\n') }),
    /of different versions \(3\.5\.23, 3\.5\.24\)/,
  ],
  [
    'an archive whose etcd is another program',
    () => release('amd64', { etcd: program('amd64', 'path\tgo.etcd.io/etcd/etcdctl/v3\n') }),
    /its etcd is an etcdctl/,
  ],
  [
    'an archive whose etcdutl cannot restore',
    () => release('amd64', { etcdutl: program('amd64', 'bump-revision') }),
    /its etcdutl cannot restore a snapshot: it does not know --mark-compacted/,
  ],
  ['an etcd alone', () => program('amd64', 'path\tgo.etcd.io/etcd/server/v3\n'), /it is an etcd alone/],
  ['a program of another machine', () => program('ppc64le'), /it is for ppc64le, and nodes are amd64 or arm64/],
  ['a 32-bit program', () => program('arm64', restores, { 4: 1 }), /nodes are amd64 or arm64/],
  ['a library', () => program('amd64', restores, { 16: 1 }), /not a program/],
  ['a program that cannot restore', () => program('amd64', 'bump-revision'), /does not know --mark-compacted/],
  ['a truncated program', () => program('amd64').subarray(0, 20), /truncated/],
  ['a truncated archive', async () => (await release('amd64')).subarray(0, 120), /truncated|damaged|unpacked/],
  [
    'a .gz that is none',
    () => Buffer.from([0x1f, 0x8b, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
    /not a \.tar\.gz, or it is damaged/,
  ],
  [
    'an archive whose etcdutl is a text',
    () => release('amd64', { etcdutl: Buffer.from('#!/bin/sh\n') }),
    /its etcdutl: it is not a program \(no ELF file\)/,
  ],
  [
    'an archive whose etcdutl is a link',
    () => archive([{ name: 'etcd-v3.5.24/etcdutl', linkTo: '/etc/passwd' }]),
    /is not a file but a symlink/,
  ],
  [
    'an archive with two',
    () =>
      archive([
        { name: 'a/etcdutl', content: program('amd64') },
        { name: 'b/etcdutl', content: program('arm64') },
      ]),
    /more than one etcdutl/,
  ],
  [
    'a path that leads out',
    () => archive([{ name: '../etcdutl', content: program('amd64') }]),
    /it holds no etcd|unpacked/,
  ],
];

for (const [what, file, problem] of refused) {
  t.test(`${what} is refused, and nothing of it stays`, async (t) => {
    const { store, folder } = await given(t);
    const content = await file();
    const sha256 = hashOf(content);
    await store.append(sha256, 0, content);
    await t.rejects(store.add(sha256, { name: 'a-file' }), { code: 'release_refused', facts: { problem } });
    t.same([store.list(), readdirSync(folder)], [[], []]);
  });
}

t.test('R18: an archive that unpacks to more than any release is refused', async (t) => {
  const { store, folder } = await given(t);
  const bomb = await archive([{ name: 'etcd-v3.5.24/zeros', zeros: 260 * 1024 * 1024 }]);
  await t.rejects(add(store, bomb), { code: 'release_refused', facts: { problem: /unpacks to more than/ } });
  t.same(readdirSync(folder), []);
});

t.test('a program for another machine than requested is refused', async (t) => {
  const { store } = await given(t);
  await t.rejects(add(store, program('amd64'), 'etcdutl', 'arm64'), {
    code: 'release_refused',
    facts: { problem: /it is for amd64, but arm64 was requested/ },
  });
});

t.test('R9: a file with another hash is refused', async (t) => {
  const { store, folder } = await given(t);
  const wanted = hashOf(program('arm64'));
  await store.append(wanted, 0, program('amd64'));
  await t.rejects(store.add(wanted, { name: 'etcdutl' }), {
    code: 'release_refused',
    facts: { problem: new RegExp(`its SHA-256 is ${hashOf(program('amd64'))}, and ${wanted} was given`) },
  });
  t.same([store.list(), readdirSync(folder)], [[], []]);
});

t.test('a part may arrive twice, and a file may begin again; a gap is refused', async (t) => {
  const { store } = await given(t);
  const content = program('arm64');
  const sha256 = hashOf(content);
  await t.rejects(store.append(sha256, 10, content), { code: 'release_part_misplaced' });
  t.equal(await store.append(sha256, 0, content.subarray(0, 40)), 40);
  t.equal(await store.append(sha256, 0, content.subarray(0, 40)), 40);
  await t.rejects(store.append(sha256, 50, content.subarray(50)), { code: 'release_part_misplaced' });
  t.equal(await store.append(sha256, 0, content.subarray(0, 20)), 20, 'a client begins again');
  await store.append(sha256, 20, content.subarray(20));
  t.match(await store.add(sha256, { name: 'etcdutl' }), { sha256 });
  await t.rejects(store.add(sha256, { name: 'etcdutl' }), { code: 'release_part_misplaced' }, 'it is stored once');
});

t.test('R18: at most two files are being uploaded, and an upload that stops is given up', async (t) => {
  const { store, clock, folder } = await given(t);
  const [one, two, three] = ['1', '2', '3'].map((digit) => digit.repeat(64)) as [string, string, string];
  await store.append(one, 0, Buffer.from('a'));
  await store.append(two, 0, Buffer.from('a'));
  await t.rejects(store.append(three, 0, Buffer.from('a')), { code: 'release_uploads_busy' });
  clock.up += 10 * 60_000 + 1;
  await store.append(three, 0, Buffer.from('a'));
  await store.tidy();
  t.same(readdirSync(folder), [`${three}.upload`]);
  await store.close();
  t.same(readdirSync(folder), []);
});

t.test('R18: no file is larger than a release, or takes the room that the store needs', async (t) => {
  const { store, clock, folder } = await given(t);
  const part = Buffer.alloc(16 * 1024 * 1024);
  const sha256 = '0'.repeat(64);
  let offset = 0;
  for (; offset + part.length <= mostReleaseFileBytes; offset += part.length) await store.append(sha256, offset, part);
  await t.rejects(store.append(sha256, offset, part), { code: 'release_refused', facts: { problem: /more than/ } });
  clock.free = 128 * 1024 * 1024;
  await t.rejects(store.append(sha256, 0, Buffer.from('a')), { code: 'release_no_room' });
  t.same(readdirSync(folder), []);
});

t.test(
  'R18: the store accepts a limited number of programs; one that it already has is returned unchanged',
  async (t) => {
    const { store } = await given(t);
    const numbered = (number: number) => program('arm64', `${restores} ${number}`);
    for (let number = 0; number < mostReleases; number += 1) await add(store, numbered(number));
    await t.rejects(add(store, numbered(mostReleases)), { code: 'release_store_full' });
    const known = await add(store, numbered(3), 'another-name');
    t.equal(known.name, 'etcdutl');
    await store.remove(known.sha256);
    await add(store, numbered(mostReleases));
    t.equal(store.list().length, mostReleases);
  },
);

t.test('the next coordinator removes what a killed one has left', async (t) => {
  const { store, open, folder } = await given(t);
  const { sha256 } = await add(store, program('arm64'));
  const { sha256: halved } = await add(store, program('amd64'));
  writeFileSync(join(folder, `${halved}.program`), 'cut short');
  writeFileSync(join(folder, `${'1'.repeat(64)}.upload`), 'half');
  writeFileSync(join(folder, `${'2'.repeat(64)}.program`), 'without a record');
  writeFileSync(join(folder, `${'4'.repeat(64)}.upload.unpacked-etcd`), 'half');
  writeFileSync(join(folder, `${'3'.repeat(64)}.json`), '{');
  t.same(
    (await open()).list().map((release) => release.sha256),
    [sha256],
  );
  t.same(readdirSync(folder).sort(), [`${sha256}.json`, `${sha256}.program`]);
});

t.test(
  'a node gets the etcdutl of its own machine, of its etcd’s minor version if there is one, else the newest',
  async (t) => {
    const { store } = await given(t);
    t.equal(store.toolFor('arm64', '3.5.16'), null);
    const five = await add(store, program('arm64', `${restores} five`), 'etcdutl-3.5.24');
    const six = await add(store, program('arm64', `${restores} six`), 'etcdutl-3.6.4');
    t.equal(store.toolFor('arm64', '3.5.16')?.sha256, five.sha256);
    t.equal(store.toolFor('arm64', '3.6.11')?.sha256, six.sha256);
    t.equal(store.toolFor('arm64', null)?.sha256, six.sha256);
    t.same(store.toolFor('arm64', '3.7.1'), { sha256: six.sha256, sizeBytes: six.programs[0]?.sizeBytes });
    t.equal(store.toolFor('amd64', '3.5.16'), null);
    t.equal(store.toolFor(null, '3.5.16'), null);
  },
);

t.test('a removed one is gone', async (t) => {
  const { store, open } = await given(t);
  const { sha256 } = await add(store, program('arm64'));
  const path = store.pathFor('arm64', null) ?? '';
  t.ok(readFileSync(path).length > 0);
  await store.remove(sha256);
  t.notOk(existsSync(path));
  await t.rejects(store.read(sha256, 0), { code: 'not_found' });
  await t.rejects(store.remove(sha256), { code: 'not_found' });
  t.same((await open()).list(), []);
});

t.test('a program that two releases have stays until both are removed', async (t) => {
  const { store } = await given(t);
  const one = await add(store, await release('arm64'));
  const etcd = program('arm64', 'another etcd');
  const other = await add(store, await release('arm64', { etcd, version: '3.5.25' }));
  const shared = hashOf(program('arm64'));
  await store.remove(one.sha256);
  t.ok((await store.read(shared, 0)).length > 0);
  await t.rejects(store.read(hashOf(program('arm64', 'etcd')), 0), { code: 'not_found' });
  await store.remove(other.sha256);
  await t.rejects(store.read(shared, 0), { code: 'not_found' });
});

t.test('R18: a release does not take the room that the store needs while it is unpacked', async (t) => {
  const { store, clock, folder } = await given(t);
  const file = await release('arm64');
  const sha256 = hashOf(file);
  await store.append(sha256, 0, file);
  clock.free = 128 * 1024 * 1024;
  await t.rejects(store.add(sha256, { name: 'etcd.tar.gz' }), { code: 'release_no_room' });
  t.same([store.list(), readdirSync(folder)], [[], []]);
});

t.test('nodes get the programs of one version for their architecture, etcd first', async (t) => {
  const { store } = await given(t);
  t.equal(store.programsFor('arm64', '3.5.24'), null);
  await add(store, program('arm64'), 'etcdutl-3.5.24');
  t.equal(store.programsFor('arm64', '3.5.24'), null, 'an etcdutl alone runs no member');
  await add(store, await release('arm64', { version: '3.5.24' }));
  const etcd = program('amd64', 'another etcd');
  await add(store, await release('amd64', { version: '3.5.24', etcd }));
  t.same(
    store.programsFor('arm64', '3.5.24')?.map(({ name }) => name),
    ['etcd', 'etcdctl', 'etcdutl'],
  );
  t.equal(store.programsFor('amd64', '3.5.24')?.[0]?.sha256, hashOf(etcd));
  t.equal(store.programsFor('amd64', '3.5.2'), null);
  t.equal(store.programsFor(null, '3.5.24'), null);
});

t.test('R6 the store takes no second etcd of one version, which would reach all members at once', async (t) => {
  const { store } = await given(t);
  const first = await add(store, await release('arm64'));
  const etcd = program('arm64', 'another etcd');
  await t.rejects(add(store, await release('arm64', { etcd })), {
    code: 'release_version_kept',
    facts: { version: '3.5.24', architecture: 'arm64', other: first.sha256 },
  });
  t.same(store.list(), [first]);
  const etcdctl = program('arm64', 'another etcdctl');
  await add(store, await release('arm64', { etcdctl }));
  t.equal(store.list().length, 2, 'the same etcd');
});

t.test('a release that is used is not removed, and none may begin to use it meanwhile', async (t) => {
  const { store } = await given(t);
  const { sha256 } = await add(store, await release('arm64'));
  const seen: number[] = [];
  const used = store.remove(sha256, async () => {
    seen.push(store.available().length, store.list().length);
    throw new Error('it is used');
  });
  await t.rejects(used, { message: 'it is used' });
  t.same(seen, [0, 1]);
  t.equal(store.available().length, 1);
  t.ok(store.programsFor('arm64', '3.5.24'));
});
