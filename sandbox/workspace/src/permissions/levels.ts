/** Kinds of objects with rights, and their levels from the weakest to the strongest. @see https://docs.databricks.com/security/auth/access-control */
export const levelsOf = {
  jobs: ['CAN_VIEW', 'CAN_MANAGE_RUN', 'CAN_MANAGE', 'IS_OWNER'],
  clusters: ['CAN_ATTACH_TO', 'CAN_RESTART', 'CAN_MANAGE'],
  'cluster-policies': ['CAN_USE'],
  'instance-pools': ['CAN_ATTACH_TO', 'CAN_MANAGE'],
} as const satisfies Record<string, readonly string[]>;

export type ObjectKind = keyof typeof levelsOf;

export function isObjectKind(text: string): text is ObjectKind {
  return Object.hasOwn(levelsOf, text);
}

/** How the answer names the kind. */
export const typeNames: Record<ObjectKind, string> = {
  jobs: 'job',
  clusters: 'cluster',
  'cluster-policies': 'cluster-policy',
  'instance-pools': 'instance-pool',
};

export const descriptions: Record<string, string> = {
  CAN_VIEW: 'Can view the settings and the runs',
  CAN_MANAGE_RUN: 'Can view, start and cancel runs',
  CAN_MANAGE: 'Can do everything, rights included',
  IS_OWNER: 'Owns the object',
  CAN_ATTACH_TO: 'Can use it for runs',
  CAN_RESTART: 'Can use, start and restart it',
  CAN_USE: 'Can use the policy',
};
