export { jarTask as task } from '@slowlane/kit';
