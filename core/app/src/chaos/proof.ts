/** A test that proves something: its file, its name as it stands there, and what in that file asserts that the fault has fired. */
export interface ProvingTest {
  file: string;
  name: string;
  fired: string;
}

export interface Proof {
  fault: string;
  holds: string;
  tests: readonly ProvingTest[];
  /** Names of faults in `proven-mutants.ts` that the tests notice. */
  mutants: readonly string[];
}
