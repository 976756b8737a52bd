create index sign_ins_of_browser on sign_ins (browser_digest);
