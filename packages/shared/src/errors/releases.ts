/** The release store. */
export const releaseErrors = {
  release_refused: {
    status: 422,
    message: 'The file {name} is not taken into the release store: {problem}.',
    hint: 'Nothing was kept. Take the archive of an etcd release for Linux, such as etcd-v3.5.24-linux-arm64.tar.gz, or the etcdutl in it, and its hash from the SHA256SUMS of that release.',
  },
  release_part_misplaced: {
    status: 409,
    message:
      'Of the file with the SHA-256 {sha256}, {received} bytes are here, and a part came that begins at {offset}.',
    hint: 'The coordinator may have been restarted, or somebody else sends the same file. Run `picket release add` again.',
  },
  release_uploads_busy: {
    status: 429,
    message: 'Other files are on their way into the release store: {most} at a time.',
    hint: 'Wait until they are there. A file that nobody goes on sending is given up after {minutes} minutes.',
  },
  release_store_full: {
    status: 409,
    message: 'The release store holds {most} programs, and takes no more.',
    hint: 'Remove one first: `picket release list`, `picket release remove SHA256`.',
  },
  release_no_room: {
    status: 507,
    message: 'There is no room for a release in {folder}: {freeMiB} MiB are free, and {reserveMiB} MiB must stay free.',
    hint: 'Free some space there (`df -h`). What was kept before is unchanged.',
  },
  release_in_use: {
    status: 409,
    message: 'The release {sha256} is not removed: {cluster} is being restored, and its founder may still fetch it.',
    hint: 'Wait until `picket status {cluster}` shows the cluster founded.',
  },
  release_not_wanted: {
    status: 409,
    message: 'The release {sha256} is not in the desired state of this node, or not any more.',
    hint: 'Fetch the desired state again.',
  },
  release_file_unreadable: {
    status: 400,
    message: 'The file {file} cannot be read: {problem}.',
    hint: 'Name the archive of an etcd release, such as etcd-v3.5.24-linux-arm64.tar.gz, or an etcdutl.',
  },
} as const;
