/** Abuse tests that tier rootless does not claim to hold, each with its reason. Every other test of the table must hold. */
export const notClaimed: Readonly<Record<string, string>> = {
  '1': 'processes have a wall (RLIMIT_NPROC inside), but no counter of the kernel tells that a program ran into it',
  '2': 'memory has a watchdog that looks every 50 ms and ends the program, not a wall: between two looks it can be passed',
  '30': 'processor time is counted and not limited: there is no quota without a cgroup',
};
