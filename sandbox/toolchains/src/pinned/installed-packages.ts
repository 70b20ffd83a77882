export interface DebianPackage {
  name: string;
  version: string;
}

/** The packages of a dpkg status file that are installed, by name. */
export function installedPackages(status: string): DebianPackage[] {
  return status
    .split('\n\n')
    .map((paragraph) => ({
      name: field(paragraph, 'Package'),
      version: field(paragraph, 'Version'),
      isInstalled: field(paragraph, 'Status') === 'install ok installed',
    }))
    .filter(({ name, isInstalled }) => name !== '' && isInstalled)
    .map(({ name, version }) => ({ name, version }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function field(paragraph: string, name: string): string {
  return new RegExp(`^${name}: (.*)$`, 'm').exec(paragraph)?.[1] ?? '';
}
