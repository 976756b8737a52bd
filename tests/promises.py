"""What the hub promises, and the tests that hold it to it. `SECURITY.md` says the same to people."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Promise:
    """One sentence, and the names of the tests that fail where it is broken."""

    sentence: str
    tests: tuple[str, ...]


PROMISES = (
    Promise(
        "A credential is sealed with AES-256-GCM under a key of its own and leaves the vault only "
        "for the account, field and generation it was sealed for.",
        (
            "test_a_credential_opens_only_for_the_place_it_was_sealed_for",
            "test_no_altered_byte_goes_unnoticed",
            "test_another_keyring_opens_nothing",
            "test_the_key_is_named_in_every_ciphertext",
            "test_a_lost_keyring_is_not_replaced",
            "test_a_hub_whose_keyring_is_lost_goes_on_with_what_is_linked_anew",
            "test_a_link_whose_secret_cannot_be_read_is_not_confirmed_but_refused",
            "test_what_nobody_confirmed_in_time_leaves_no_credential",
        ),
    ),
    Promise(
        "No credential of an account, and no token a run signs in with, is stored, logged or "
        "returned in clear, also not inside a provider's answer that echoes it: as it is, in "
        "capitals, percent-encoded (also twice), in base64 or hexadecimal, escaped for JSON (also "
        "JSON in JSON), JavaScript, HTML or XML, line by line. Other mixtures of these, such as "
        "base64 of base64 or JSON in HTML, are not looked for. What is shorter than six characters "
        "is masked where it "
        "stands alone, and what is shorter than four by its name.",
        (
            "test_nothing_secret_of_a_request_or_answer_is_stored_in_clear",
            "test_the_log_holds_no_secret",
            "test_a_provider_that_echoes_the_key_does_so_to_nobody",
            "test_a_key_that_is_echoed_is_masked_wherever_the_provider_cuts_it",
            "test_a_secret_is_masked_in_every_form_it_travels_in",
            "test_a_secret_is_masked_in_each_form",
            "test_a_secret_comes_back_in_no_form_by_no_way",
            "test_a_secret_that_the_connector_puts_into_an_outcome_is_masked_there",
            "test_a_token_that_a_step_signs_in_with_comes_back_by_no_way",
            "test_a_trace_shows_no_token_that_a_step_got",
            "test_a_short_secret_is_masked_where_it_stands_alone",
            "test_a_value_is_masked_by_its_key",
            "test_what_libraries_log_goes_the_same_way_without_any_secret_in_use",
            "test_what_is_wrong_stands_at_its_field_and_the_key_is_not_sent_back",
            "test_the_token_stands_in_no_address",
            "test_bodies_are_kept_only_where_the_project_wants_them_and_hold_no_secret",
            "test_a_day_leaves_no_secret_where_it_does_not_belong",
        ),
    ),
    Promise(
        "A credential is only ever sent to a host its connector declares, for the account it "
        "belongs to. A stored secret stays with the address it was typed for: where that changes, "
        "it is typed again.",
        (
            "test_an_edited_address_asks_for_the_secret_again",
            "test_an_edited_address_asks_for_the_secret_through_the_api_too",
            "test_a_link_that_is_confirmed_asks_for_the_secret_as_early",
            "test_a_setup_that_leads_elsewhere_takes_no_linked_account_along",
            "test_a_credential_goes_to_the_label_of_its_own_account_only",
            "test_a_redirect_carries_no_body_to_another_origin",
            "test_a_slow_edit_does_not_undo_a_rotation",
            "test_a_host_the_connector_does_not_declare_is_refused",
            "test_credentials_go_to_no_host_the_connector_does_not_declare",
            "test_a_credential_does_not_follow_a_redirect_to_another_origin",
        ),
    ),
    Promise(
        "A cursor that continues an action is taken only from the account and the action it was "
        "given out for, and a profile named by a header only narrows.",
        (
            "test_a_cursor_the_hub_did_not_make_is_refused_before_anything_is_asked",
            "test_a_cursor_is_of_its_account_and_action",
            "test_an_agent_cannot_make_a_cursor_up_either",
            "test_a_profile_header_only_narrows",
        ),
    ),
    Promise(
        "API keys, connect tokens, links and keys of customers' pages, sign-in links, invites, "
        "sessions of the dashboard and addresses of files are random, recognizable by their prefix "
        "(`jf_sk_`, `jf_ct_`, `jf_pt_`, `jf_pk_`, `jf_si_`, `jf_ml_`, `jf_iv_`, `jf_ss_`, `jf_ms_`, "
        "`jf_fl_`), shown once and stored as digests.",
        (
            "test_no_token_or_password_of_a_member_is_kept_in_clear",
            "test_an_invite_ends_by_time_by_being_canceled_and_by_being_replaced",
            "test_a_token_is_recognisable_random_and_kept_as_a_digest",
            "test_no_token_that_opens_something_is_kept",
            "test_signing_out_everywhere_ends_every_session_and_unused_link_of_the_project",
            "test_a_post_that_does_not_say_where_it_comes_from_is_refused",
            "test_a_key_is_shown_once_and_works_until_it_is_revoked",
            "test_a_sign_in_link_works_once",
            "test_whoever_previews_a_sign_in_link_neither_uses_it_nor_is_signed_in",
            "test_another_api_key_is_not_given_an_answer_that_was_shown_once",
        ),
    ),
    Promise(
        "A viewer changes nothing, on any page, an admin makes no owner, and a project keeps its last "
        "owner. Who is removed is signed out at once, and does not come back by signing in.",
        (
            "test_a_viewer_changes_nothing",
            "test_an_admin_makes_touches_and_invites_no_owner_and_grows_into_none",
            "test_an_admin_does_not_do_what_is_for_owners",
            "test_two_owners_who_demote_each_other_at_once_leave_one",
            "test_the_last_owner_is_neither_demoted_nor_removed_nor_leaves",
            "test_a_member_who_is_removed_or_leaves_is_signed_out_at_once",
            "test_a_removed_member_does_not_come_back_by_signing_in",
            "test_a_page_of_the_project_before_changes_nothing_after_a_switch",
        ),
    ),
    Promise(
        "Passwords are kept as Argon2id hashes. Every failed sign-in has the same answer, whether the "
        "address is known or not, and attempts are counted for all processes before they are looked "
        "at; a code of a second factor is taken once. A new password ends all other sessions.",
        (
            "test_a_hash_matches_its_password_in_every_spelling_and_no_other",
            "test_every_failure_has_the_same_answer",
            "test_an_unknown_address_costs_as_much_work_as_a_known_one",
            "test_an_address_of_e_mail_has_so_many_attempts_in_a_quarter_of_an_hour",
            "test_a_code_is_asked_for_after_the_password_and_taken_once",
            "test_codes_are_not_guessed",
            "test_a_change_of_the_password_ends_every_other_session",
        ),
    ),
    Promise(
        "Who signs in at the operator's identity provider is who was sent there, by a token that it "
        "signed for this hub and this sign-in, with an e-mail address that it has verified; from the "
        "second time on by issuer and subject alone.",
        (
            "test_a_token_that_is_not_for_this_sign_in_signs_nobody_in",
            "test_a_token_that_the_provider_did_not_sign_signs_nobody_in",
            "test_a_token_of_another_key_with_the_same_name_signs_nobody_in",
            "test_an_answer_is_taken_once_and_by_the_browser_that_was_sent",
            "test_an_answer_is_replayed_by_nobody_after_it_signed_in",
            "test_another_identity_with_the_address_of_a_member_is_not_the_member",
        ),
    ),
    Promise(
        "A row of another project cannot be read, changed, guessed at or told from one that does "
        "not exist, on any route. What a project shows to strangers is its brand alone.",
        (
            "test_a_stranger_learns_nothing",
            "test_another_projects_resource_is_not_found",
            "test_a_row_is_seen_by_its_own_project_only",
            "test_another_projects_account_cannot_be_told_from_none",
            "test_another_projects_runs_cannot_be_told_from_none",
            "test_another_projects_webhooks_cannot_be_told_from_none",
            "test_a_project_without_a_brand_cannot_be_told_from_none",
            "test_a_key_without_the_scope_is_refused",
        ),
    ),
    Promise(
        "No request goes to a private, loopback, link-local, metadata or otherwise special address, "
        "however it is written or resolved, unless the operator allowed its network; to a link-local "
        "or metadata address only where the operator rewrote a provider to it.",
        (
            "test_a_private_address_is_refused_in_every_spelling",
            "test_an_address_that_is_not_of_the_public_internet_is_refused",
            "test_wrapping_an_address_does_not_change_where_it_leads",
            "test_a_redirect_to_a_private_address_is_refused",
            "test_only_what_was_rewritten_passes_the_guard",
            "test_no_setting_opens_link_local_and_metadata_addresses",
            "test_of_private_networks_those_that_are_named_are_reached",
            "test_a_name_that_leads_inside_when_it_is_asked_again_reaches_nothing_there",
            "test_a_receiver_inside_the_network_is_not_reached_unless_allowed",
            "test_only_what_the_operator_listed_is_taken_of_what_is_inside",
        ),
    ),
    Promise(
        "Who signs in at a provider is who was sent there: the state works once, for a quarter of "
        "an hour and in the browser that was sent, PKCE is used wherever the provider takes it, "
        "and a code is redeemed once and sent to no host that only the callback names. Where an "
        "account is linked again, its identity at the provider is compared.",
        (
            "test_answer_that_is_not_this_browsers_ends_nothing",
            "test_answer_that_comes_twice_shows_the_end_of_the_first",
            "test_answer_that_comes_twice_at_once_waits_for_the_first",
            "test_sign_in_that_takes_too_long_ends",
            "test_account_is_linked_by_signing_in",
            "test_code_is_not_sent_to_a_host_that_only_the_callback_names",
            "test_answer_of_another_server_is_refused",
            "test_other_account_is_linked_after_it_was_confirmed",
            "test_no_attack_on_linking_succeeds",
            "test_every_planted_fault_is_found_by_the_attacks_that_it_lets_through",
        ),
    ),
    Promise(
        "A refresh token is sent once, whatever the number of processes and calls, and once more "
        "only where a process was killed meanwhile or the provider refused it. What a provider "
        "gave is not lost, and no failure that may pass condemns an account.",
        (
            "test_no_schedule_loses_a_sign_in",
            "test_a_sign_in_outlives_the_processes_that_are_killed_while_they_renew_it",
            "test_five_hundred_calls_on_an_expired_token_make_one_request",
            "test_tokens_that_came_are_stored_once_the_database_is_back",
            "test_an_outage_of_a_day_condemns_no_account",
        ),
    ),
    Promise(
        "A connect session ends with the first account it links; failed attempts leave it open "
        "until it expires, and it asks the provider about twenty at most.",
        (
            "test_a_session_that_failed_too_often_asks_the_provider_no_more",
            "test_attempts_at_once_cannot_pass_the_bound",
            "test_changes_of_an_account_count_with_new_links",
            "test_a_session_that_left_a_link_opens_nothing_more",
            "test_a_used_link_says_so",
            "test_an_expired_link_says_so",
            "test_pressing_the_button_twice_links_once",
            "test_a_wrong_region_is_mended_without_typing_the_key_again",
        ),
    ),
    Promise(
        "A customer's own page is opened by a link that works once, by a press and in one browser or frame, shows and changes accounts of that customer alone, ends with its revocation, and undoes no suspension by the project.",
        (
            "test_a_link_opens_once_however_many_browsers_ask_at_once",
            "test_a_used_link_opens_nothing_for_who_it_was_forwarded_to",
            "test_the_address_of_an_open_page_is_nothing_without_its_browser",
            "test_accounts_of_other_customers_and_projects_are_not_there",
            "test_no_id_whatever_reaches_what_is_not_the_customers",
            "test_a_form_of_another_site_changes_nothing",
            "test_what_was_opened_ends_with_its_revocation",
            "test_a_key_of_a_frame_works_in_that_frame_while_its_product_is_allowed",
            "test_a_suspension_by_the_project_is_not_lifted_by_the_customer",
        ),
    ),
    Promise(
        "Whoever completes a link is the one who was asked, where the project confirms links, and a "
        "reconnect never swaps the provider's account unnoticed: its holder confirms it, and the "
        "project is told.",
        (
            "test_the_project_is_told_of_a_swap",
            "test_a_link_is_not_confirmed_over_newer_credentials",
            "test_nothing_is_linked_until_it_is_confirmed",
            "test_what_is_refused_is_deleted_with_its_credentials",
            "test_a_key_of_another_provider_account_is_refused_and_changes_nothing",
            "test_another_provider_account_takes_its_place_once_that_is_confirmed",
            "test_changed_credentials_wait_and_the_old_ones_work_on",
            "test_a_switch_of_profile_and_actions_waits_and_says_so",
            "test_what_a_customer_changes_on_their_own_page_waits_too",
        ),
    ),
    Promise(
        "The Hub can be framed only by the origins the project allows, talks to one exact origin, "
        "runs no inline script and asks no third party.",
        (
            "test_a_page_allows_no_foreign_and_no_inline_script_and_no_frame",
            "test_an_auth_link_cannot_be_framed_at_all",
            "test_the_page_of_another_origin_cannot_show_the_hub",
            "test_a_forged_message_gets_no_token_and_moves_nothing",
            "test_what_is_typed_is_out_of_reach_of_the_products_scripts",
            "test_no_attack_in_a_browser_succeeds_and_each_finds_its_planted_fault",
        ),
    ),
    Promise(
        "Bodies, headers, answers, redirects, pages and time are bounded, and a slow provider or "
        "receiver keeps no other waiting.",
        (
            "test_a_body_that_does_not_arrive_in_time_is_refused",
            "test_a_head_that_is_too_large_is_refused",
            "test_a_connection_that_says_nothing_more_is_ended",
            "test_who_says_nothing_makes_room_for_who_does",
            "test_the_body_of_a_stranger_is_not_read",
            "test_every_list_in_a_request_has_a_bound",
            "test_a_large_answer_holds_nobody_up",
            "test_the_largest_request_holds_nobody_up",
            "test_costly_expressions_hold_the_loop_up_nowhere",
            "test_a_filter_over_many_rows_holds_the_loop_up_nowhere",
            "test_the_expressions_of_a_run_have_one_budget_and_say_so",
            "test_a_pattern_that_looks_around_cannot_be_made_to_take_long",
            "test_a_body_without_a_length_is_cut_off_where_it_is_too_large",
            "test_a_deep_body_is_taken_or_refused",
            "test_an_answer_that_is_too_large_is_refused",
            "test_a_circle_of_redirects_ends",
            "test_a_provider_that_trickles_times_out_too",
            "test_a_slow_receiver_keeps_no_other_waiting",
            "test_a_slow_provider_keeps_no_other_waiting",
        ),
    ),
    Promise(
        "A write is sent once and never retried blindly, and where its outcome is unknown the "
        "answer says so: only reads are repeated, or what an idempotency key makes safe.",
        (
            "test_a_write_whose_connection_is_dropped_is_sent_once_and_said_to_be_unknown",
            "test_a_write_through_the_proxy_is_sent_once_and_said_to_be_unknown",
            "test_a_write_that_takes_too_long_is_said_to_be_unknown",
            "test_a_write_whose_client_hung_up_is_not_done_again_and_gives_its_first_outcome",
            "test_a_failure_of_the_provider_says_nothing_of_a_write_and_is_shown",
            "test_what_may_write_is_never_tried_again",
            "test_an_action_is_run_once_and_answered_twice",
            "test_an_action_that_was_interrupted_is_not_run_again_but_says_what_to_check",
        ),
    ),
    Promise(
        "Killed at any instant, also while it migrates, the server loses no acknowledged write, and starts again by itself.",
        (
            "test_commits_are_written_through_to_the_disk",
            "test_killed_under_load_it_loses_nothing_repeats_nothing_and_tells_everything",
            "test_nothing_is_lost_when_the_server_is_killed",
            "test_a_migration_that_is_killed_leaves_all_or_nothing_and_the_next_one_finishes",
            "test_a_server_that_is_asked_to_stop_leaves_one_whole_file",
            "test_what_was_copied_while_the_hub_ran_is_whole",
            "test_a_write_that_was_killed_is_not_done_again_but_said_to_be_unknown",
            "test_a_second_start_finds_what_the_first_left",
        ),
    ),
)
