/** Errors of the release store. */
export const releaseErrors = {
  release_refused: {
    status: 422,
    message: 'The release store does not accept the file {name}: {problem}.',
    hint: 'Nothing was kept. Use the archive of an etcd release for Linux, such as etcd-v3.5.24-linux-arm64.tar.gz, or the etcdutl from it. Take the hash from the file SHA256SUMS of that release.',
  },
  release_part_misplaced: {
    status: 409,
    message:
      'The coordinator has {received} bytes of the file with the SHA-256 {sha256}, but the part that came begins at byte {offset}.',
    hint: 'Run `picket release add` again. The coordinator was restarted, or somebody else sends the same file.',
  },
  release_uploads_busy: {
    status: 429,
    message: 'The release store already receives {most} files, and that is the limit.',
    hint: 'Wait until one of them is complete. The store gives an unfinished file up after {minutes} minutes without a new part.',
  },
  release_store_full: {
    status: 409,
    message: 'The release store holds {most} programs, and that is the limit.',
    hint: 'Remove one first: `picket release list` shows them, `picket release remove SHA256` removes one.',
  },
  release_no_room: {
    status: 507,
    message:
      'The disk has no room for a release in {folder}: {freeMiB} MiB are free, and {reserveMiB} MiB must stay free.',
    hint: 'Free some space there (`df -h` shows how full it is). The stored releases are unchanged.',
  },
  release_in_use: {
    status: 409,
    message: 'The release {sha256} was not removed: {cluster} is being restored, and its founder may still fetch it.',
    hint: 'Wait until `picket status {cluster}` shows the cluster founded.',
  },
  release_not_wanted: {
    status: 409,
    message: 'The desired state of this node does not name the release {sha256}, or no longer.',
    hint: 'Fetch the desired state again.',
  },
  release_file_unreadable: {
    status: 400,
    message: 'The file {file} cannot be read: {problem}.',
    hint: 'Name the archive of an etcd release, such as etcd-v3.5.24-linux-arm64.tar.gz, or an etcdutl program.',
  },
} as const;
