import { existsSync } from 'node:fs';

/** Where distributions keep the system's CA bundle; it holds a company's CA where an administrator has added one. */
const systemBundles = ['/etc/ssl/certs/ca-certificates.crt', '/etc/pki/tls/certs/ca-bundle.crt', '/etc/ssl/cert.pem'];

/** The bundle that slowlane.yaml names, else the system's. */
export function findCaBundle(configured: string | undefined): string | undefined {
  return configured ?? systemBundles.find((file) => existsSync(file));
}
