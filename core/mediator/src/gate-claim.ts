export { gateClaim } from '@slowlane/kit';
