import type { InstallerView } from '@picket/shared/protocol/installer.ts';

export interface InstallLine {
  readonly installer: Pick<InstallerView, 'url' | 'sha256'>;
  /** Given to the script in its environment. Without it, the script asks for it if it needs one. */
  readonly joinString?: string;
  readonly options?: readonly string[];
}

/**
 * The line to paste on a machine. It uses only programs of Alpine's base and of Debian: it fetches the script to a file,
 * compares its hash, and runs it. The download is not authenticated, so nothing of it runs unless it has the hash that the
 * coordinator sent to this operator over mutual TLS. The join string is only in the environment of the script, never an
 * argument (R11).
 */
export function installLine({ installer, joinString, options = [] }: InstallLine): string {
  const { url, sha256 } = installer;
  const environment = joinString === undefined ? '' : `PICKET_JOIN='${joinString}' `;
  const command = `${environment}sh "$f"${options.map((option) => ` ${option}`).join('')}`;
  const stale = `Nothing was run: ${url} sent another script than this command expects. If the address can be reached, print a new command.`;
  return (
    `f=$(mktemp); wget -qO "$f" --no-check-certificate ${url}; ` +
    `if echo "${sha256}  $f" | sha256sum -c -; then ${command}; ` +
    `else rm -f "$f"; echo '${stale}' >&2; false; fi`
  );
}
