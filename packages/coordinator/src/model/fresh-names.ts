/** Random names for what a step may begin; each is used at most once. */
export interface FreshNames {
  readonly incarnation: string;
  /** For initial-cluster-token: 64 bits or more. */
  readonly nonce: string;
  readonly id: string;
}
