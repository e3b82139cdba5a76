import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import t from 'tap';

/** Commands and options that can lose data, a copy of it, or access. */
const destructive =
  /picket (?:cluster (?:restore|reset|delete)|node evict|member (?:remove|replace)|snapshot (?:delete|remove))|--(?:force|lost|confirm|without-quorum|without-snapshot|purge)\b|etcdctl (?:del|member remove)|\brm -/;

/** What the words say of it. A new entry of this list answers: what is lost if I do this? */
const saysWhatIsLost: Readonly<Record<string, string>> = {
  // errors
  admission_given_up: 'which loses what was written since',
  agent_state_missing: 'remove Picket and its data from this machine',
  agent_state_unreadable: 'remove Picket and its data from this machine',
  client_taken: 'If that node is lost, end its access',
  no_way_back: 'which gives up its copy of the data',
  data_dir_refused: 'which gives up its copy of the data',
  delete_needs_name: 'To delete the cluster with all its data',
  delete_refused: 'all that was written since the newest snapshot is lost then',
  path_not_removed: 'deletes all that is in {path}',
  former_incarnation_stands: 'give up its data',
  joined_as_another: 'which gives up its copy of the data',
  layout_fixed: 'which gives up its copy of the data',
  member_taken: 'give up its data',
  node_evicted: 'remove Picket and its data first',
  node_has_incarnation: 'give up all that was written to it',
  node_heard: 'To give up its data all the same',
  not_confirmed: 'Read what would happen',
  not_joined: 'remove Picket and its data from this machine',
  one_not_forced: 'only one member would remain, and without it there is no etcd',
  replace_refused: 'which loses all that was written since',
  reset_needs_name: 'a reset loses all that was written',
  restore_failed: 'which loses all that was written after that one was taken',
  restore_loses_writes: 'all that was written since the newest snapshot is lost then',
  restore_needs_name: 'A restore loses all that was written since the snapshot',
  restore_running: 'what was written to a cluster that it has founded meanwhile is lost then',
  restore_snapshot_first: 'all that was written since the newest snapshot is lost then',
  restore_snapshot_old: 'What was written since then would be lost',
  restore_unproven: 'A restore loses all that was written since the snapshot',
  snapshot_share_used: 'the data that it holds is lost',
  // reasons
  became_voter: 'which gives up its copy of the data',
  claim_taken_back: 'to give up its data',
  compromised_alone: 'which loses all that was written since',
  data_deleted: 'If the data is deleted, replace the member',
  data_dir_missing: 'If the data is deleted',
  data_lost: 'If the data is lost, replace the member',
  data_unusable: 'It does not come back with this data',
  data_ways_out: 'which loses all that was written since',
  founded_of_snapshot: 'all that was written since the snapshot is lost then',
  founds_empty: 'with all that was written to it',
  founds_of_snapshot: 'give up its data',
  give_clients_users: 'certificates without a user lose their access',
  keys_fill_quota: 'Delete keys that you do not need',
  last_snapshot_failed: 'loses all that was written since the newest one',
  last_snapshot_needs_voter: 'loses all that was written since the newest one',
  never_answered: 'with all that was written to it',
  one_of_two: 'only one voter would remain',
  only_survivors_answer: 'it may lack the last writes',
  quarantined_and_heard: 'which gives up its data',
  reports_its_incarnation: 'give up its data',
  second_voter_reports: 'give up their data',
  too_many_clients: 'If a client machine is gone, end its access',
  too_many_clusters: 'If a cluster and its data are no longer needed, delete both',
  voters_unknown: 'all that was written since the snapshot is lost',
  way_all_lost: 'which loses all that was written since the snapshot',
  way_evict_lost: 'which gives up its data',
  way_replace: 'which gives up its copy of the data',
  way_reset: 'with all that was written to it',
  way_some_lost: 'which loses all that was written since the snapshot',
  // functions that make a part of a reason
  evict: 'which gives up its access and the data of its etcd',
  giveUp: 'which loses all that was written since the snapshot',
  removal: 'with its copy of the data',
  replacing: 'which gives up its copy of the data',
  wayOfTheSilent: 'give up its data',
  wayToSave: 'What was written since the snapshot is lost',
};

const source = join(import.meta.dirname, '../src');

/** The words of each entry of a table, and of each function beside it, by its name. */
async function entriesOf(path: string): Promise<readonly (readonly [name: string, words: string])[]> {
  const text = await readFile(path, 'utf8');
  const parts = text.split(/^(?= {2}\w+(?::|\()|(?:export )?function )/m);
  return parts.flatMap((part) => {
    const name = /^ {2}(\w+)|^(?:export )?function (\w+)/.exec(part)?.slice(1).find(Boolean);
    // A sentence may go on in the next line.
    const words = part.replaceAll(/['`] \+\s+['`(]/g, '').replaceAll('\\`', '`');
    return name === undefined ? [] : [[name, words] as const];
  });
}

const paths = globSync(['errors/*.ts', 'reasons/*.ts'], { cwd: source }).map((path) => join(source, path));
const entries = (await Promise.all(paths.map(entriesOf))).flat();
const found = entries.filter(([, words]) => destructive.test(words));

t.test('R19: each hint that names a destructive command says what it loses', async (t) => {
  t.ok(paths.some((path) => basename(path) === 'snapshots.ts') && entries.length > 300, 'the tables are read');
  for (const [name, words] of found) {
    const lost = saysWhatIsLost[name];
    if (lost === undefined) t.fail(`${name}: say what is lost if somebody does this, and enter it here`, { words });
    else t.ok(words.includes(lost), `${name} says: ${lost}`);
  }
});

t.test('the list names only hints that there are', async (t) => {
  const names = new Set(found.map(([name]) => name));
  t.strictSame(
    Object.keys(saysWhatIsLost).filter((name) => !names.has(name)),
    [],
  );
});
