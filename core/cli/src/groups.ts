/** What the help says of a word that several commands begin with. */
export const groups: Readonly<Record<string, string>> = {
  pipeline: 'pipeline files: check, apply, roll back, promote',
  operation: 'try the examples of an operation',
  schedule: 'requests that the clock makes: list, pause, resume',
  delivery: 'notifications: list, send again',
  request: 'ask for an operation, follow it, cancel it, run it again',
  run: 'runs on the workspace: show, driver log, cancel',
  result: 'result files of a request, and links to them',
  gate: 'limits: list, set, pause, release, postpone, and why something waits',
  cluster: 'warm clusters: list, end',
  token: 'tokens of callers: make, list, revoke',
  plugin: 'language plugins: list, begin one, test it',
  toolchain: 'tools that builds can use: list, pin',
  workspace: 'the local workspace: alone, its address, faults on purpose, calls, conformance',
  'workspace fault': 'spoil the next calls, clusters or runs of the local workspace on purpose',
};
