#pragma once

#include "src/cli/args.h"
#include "src/cli/failure.h"

namespace twofold::cli {

class Session;

// One function for each line of the command table; where it lives is said on the left.

/* serve_command.cc   */ Tried<> run_serve(Session& session, const Args& args);
/* demo_command.cc    */ Tried<> run_demo(Session& session, const Args& args);
/* health_command.cc  */ Tried<> run_health(Session& session, const Args& args);
/* doctor_command.cc  */ Tried<> run_doctor(Session& session, const Args& args);
/* version_command.cc */ Tried<> run_version(Session& session, const Args& args);

/* produce_command.cc */ Tried<> run_produce(Session& session, const Args& args);
/* consume_command.cc */ Tried<> run_consume(Session& session, const Args& args);
/* send_command.cc    */ Tried<> run_send(Session& session, const Args& args);
/* receive_command.cc */ Tried<> run_receive(Session& session, const Args& args);
/* settle_commands.cc */ Tried<> run_ack(Session& session, const Args& args);
Tried<> run_nack(Session& session, const Args& args);
Tried<> run_extend(Session& session, const Args& args);
/* peek_command.cc    */ Tried<> run_peek(Session& session, const Args& args);
/* tail_command.cc    */ Tried<> run_tail(Session& session, const Args& args);
/* attach_command.cc  */ Tried<> run_attach(Session& session, const Args& args);

/* topic_commands.cc  */ Tried<> run_topic_create(Session& session, const Args& args);
Tried<> run_topic_list(Session& session, const Args& args);
Tried<> run_topic_describe(Session& session, const Args& args);
Tried<> run_topic_config(Session& session, const Args& args);
Tried<> run_topic_trim(Session& session, const Args& args);
Tried<> run_topic_delete(Session& session, const Args& args);

/* queue_commands.cc  */ Tried<> run_queue_create(Session& session, const Args& args);
Tried<> run_queue_list(Session& session, const Args& args);
Tried<> run_queue_describe(Session& session, const Args& args);
Tried<> run_queue_config(Session& session, const Args& args);
Tried<> run_queue_purge(Session& session, const Args& args);
Tried<> run_queue_delete(Session& session, const Args& args);

/* group_commands.cc  */ Tried<> run_group_list(Session& session, const Args& args);
Tried<> run_group_describe(Session& session, const Args& args);
Tried<> run_group_seek(Session& session, const Args& args);
Tried<> run_group_delete(Session& session, const Args& args);

/* namespace_commands.cc */ Tried<> run_namespace_create(Session& session, const Args& args);
Tried<> run_namespace_list(Session& session, const Args& args);

/* apply_command.cc   */ Tried<> run_apply(Session& session, const Args& args);
/* export_command.cc  */ Tried<> run_export(Session& session, const Args& args);

/* config_commands.cc */ Tried<> run_config_show(Session& session, const Args& args);
Tried<> run_config_check(Session& session, const Args& args);
Tried<> run_config_defaults(Session& session, const Args& args);
Tried<> run_config_keys(Session& session, const Args& args);

/* storage_commands.cc */ Tried<> run_storage_snapshot(Session& session, const Args& args);
Tried<> run_storage_verify(Session& session, const Args& args);
/* storage_list_command.cc */ Tried<> run_storage_list(Session& session, const Args& args);
/* storage_dump_command.cc */ Tried<> run_storage_dump(Session& session, const Args& args);

/* generate_command.cc */ Tried<> run_generate(Session& session, const Args& args);
/* completions_command.cc */ Tried<> run_completions(Session& session, const Args& args);
Tried<> run_man(Session& session, const Args& args);
/* key_commands.cc    */ Tried<> run_key_create(Session& session, const Args& args);
Tried<> run_key_list(Session& session, const Args& args);
Tried<> run_key_revoke(Session& session, const Args& args);

/* bench_command.cc   */ Tried<> run_bench(Session& session, const Args& args);
/* compare_command.cc */ Tried<> run_bench_compare(Session& session, const Args& args);

}  // namespace twofold::cli
