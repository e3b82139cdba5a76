import {
  badGateway,
  badRequest,
  conflict,
  insufficientStorage,
  tooManyRequests,
  unprocessableContent,
} from './by-status.ts';
/** Errors of the release store. */
export const releaseErrors = {
  release_refused: unprocessableContent(
    'The release store does not accept the file {name}: {problem}.',
    'Nothing was kept. Use the archive of an etcd release for Linux, such as etcd-v3.5.24-linux-arm64.tar.gz, or the etcdutl from it, and the file SHA256SUMS of that release (`--sums`).',
  ),
  release_part_misplaced: conflict(
    'The coordinator has {received} bytes of the file with the SHA-256 {sha256}, but the part that came begins at byte {offset}.',
    'Run `picket release add` again. The coordinator was restarted, or somebody else sends the same file.',
  ),
  release_uploads_busy: tooManyRequests(
    'The release store already receives {most} files, and that is the limit.',
    'Wait until one of them is complete. The store gives an unfinished file up after {minutes} minutes without a new part.',
  ),
  release_store_full: conflict(
    'The release store holds {most} releases, and that is the limit.',
    'Remove one first: `picket release list` shows them, `picket release remove RELEASE` removes one.',
  ),
  release_version_kept: conflict(
    'The store already has etcd {version} for {architecture}, with another content.',
    'Nothing was kept: members that run this version would all get the other etcd at once. If the stored one is wrong, let no cluster use it, remove it, and repeat this command: `picket release remove {other}`.',
  ),
  release_version_given: conflict(
    'The cluster {cluster} was given another etcd {version} for {architecture}: the one whose program etcd has the SHA-256 {given}.',
    'Nothing was kept: all its members would get the other etcd at once. Add the archive that the store had before. If that is lost, let the cluster run another version or the package first, then repeat this command.',
  ),
  release_missing: conflict(
    'The cluster {cluster} cannot run etcd {version}: the release store does not have {file}.',
    'Nothing was changed. Add that archive (ARCH in a name stands for amd64 or arm64): `picket release add {file} --sums SHA256SUMS`. Then repeat this command. `picket release list` shows what the store has.',
  ),
  release_refused_for_cluster: conflict(
    'The cluster {cluster} does not get etcd {version}: {reason}.',
    'Nothing was changed. Choose another version: `picket release list` shows those in the store, and their known faults.',
  ),
  minor_needs_upgrade: conflict(
    'The cluster {cluster} runs etcd {runs}, and {version} is of another minor version.',
    'Nothing was changed. Choose a release of etcd {runs}, or change the minor version of the cluster: `picket cluster upgrade {cluster} --to {version} --dry-run` shows how, and `picket cluster downgrade` for an earlier one.',
  ),
  release_no_room: insufficientStorage(
    'The disk has no room for a release in {folder}: {freeMiB} MiB are free, and {reserveMiB} MiB must stay free.',
    'Free some space there (`df -h` shows how full it is). The stored releases are unchanged.',
  ),
  release_in_use: conflict(
    'The release {sha256} was not removed: {reason}.',
    'Nothing was changed. `picket status {cluster}` shows the cluster, and `picket release list` who uses each release.',
  ),
  release_not_wanted: conflict(
    'The desired state of this node does not name the release {sha256}, or no longer.',
    'Fetch the desired state again.',
  ),
  release_fetch_failed: badGateway(
    'The coordinator could not fetch {name} from {mirror}: {problem}.',
    'Nothing was kept. Run `picket release fetch` again, or download the file elsewhere and run `picket release add FILE --sums SHA256SUMS`. `releases.mirror` in coordinator.yml names another mirror.',
  ),
  release_fetch_forgotten: conflict(
    'The coordinator no longer fetches the release {sha256}: it was restarted.',
    'Nothing was kept. Run `picket release fetch` again.',
  ),
  release_file_unreadable: badRequest(
    'The file {file} cannot be read: {problem}.',
    'Name the archive of an etcd release, such as etcd-v3.5.24-linux-arm64.tar.gz, or an etcdutl program, and with `--sums` the file SHA256SUMS of that release.',
  ),
} as const;
