/** What a form does before it is sent, and how it is sent. */

import { enhanceControls } from "./controls.js";
import { Refresh } from "./controls/refresh.js";
import { Submission } from "./controls/submission.js";

export function enhanceForm(form, page, guide) {
  enhanceControls(form);
  new Refresh(form, page, guide);
  new Submission(form, page);
}
