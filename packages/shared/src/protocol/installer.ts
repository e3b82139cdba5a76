import { type Static, Type } from 'typebox';

/** `GET /v1/installer`: the content of the line that an operator pastes on a machine. */
export const InstallerView = Type.Object({
  /** The URL of the install script, with the first name of the coordinator. */
  url: Type.String(),
  /** SHA-256 of the script, in hexadecimal. The script contains the hash of the agent. */
  sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  /** The version of the agent that the script installs. */
  agentVersion: Type.String(),
});
export type InstallerView = Static<typeof InstallerView>;
