import { plain } from '@picket/shared/plain.ts';
import type { InstallerView } from '@picket/shared/protocol/installer.ts';

export interface InstallLine {
  readonly installer: Pick<InstallerView, 'url' | 'sha256'>;
  /** Handed to the script in its environment; left out, the script asks for it where it needs one. */
  readonly joinString?: string;
  readonly options?: readonly string[];
}

/**
 * The line to paste on a machine, made of what Alpine's base and Debian have: fetch to a file, compare its hash, run it
 * (issue 4). What comes may come from anybody: nothing of it runs unless it has the hash that the coordinator told this
 * operator over mutual TLS. The join string is in the environment of the script alone, never an argument (R11).
 */
export function installLine({ installer, joinString, options = [] }: InstallLine): string {
  const url = plain(installer.url);
  const environment = joinString === undefined ? '' : `PICKET_JOIN='${plain(joinString)}' `;
  const command = `${environment}sh "$f"${options.map((option) => ` ${option}`).join('')}`;
  const stale = `Nothing was run: ${url} did not give what this line was made for. If it can be reached, print a new line.`;
  return (
    `f=$(mktemp); wget -qO "$f" --no-check-certificate ${url}; ` +
    `if echo "${plain(installer.sha256)}  $f" | sha256sum -c -; then ${command}; ` +
    `else rm -f "$f"; echo '${stale}' >&2; false; fi`
  );
}
