import { failure } from '@picket/shared/errors.ts';
import type { BackupConfig } from '../config/config.ts';
import { ageEncrypter } from '../snapshots/age-cipher.ts';
import { type BoardCopies, type BoardsDeps, boardsTarget } from './boards-target.ts';
import { folderTarget } from './folder-target.ts';
import { s3Target } from './s3-target.ts';
import type { BackupTarget } from './target.ts';

/** What `backup` in coordinator.yml names. Throws `backup_unusable`. */
export async function openBackupTargets(
  { targets, recipients }: Pick<BackupConfig, 'targets' | 'recipients'>,
  forBoards: BoardsDeps,
) {
  const opened: BackupTarget[] = [];
  let copies: BoardCopies | null = null;
  for (const { folder, s3, boards } of targets) {
    if (boards !== undefined) {
      const target = boardsTarget(boards, forBoards);
      opened.push(target);
      copies = target;
    }
    if (folder !== undefined) opened.push(folderTarget(folder));
    if (s3 !== undefined) opened.push(await s3Target(s3));
  }
  const names = opened.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw failure('backup_unusable', { problem: `its targets name ${twice} twice` });
  const seal =
    recipients.length === 0
      ? null
      : await ageEncrypter(recipients).catch((error: Error) => {
          throw failure('backup_unusable', { problem: `one of its recipients is none of age: ${error.message}` });
        });
  return { targets: opened, seal, copies };
}
