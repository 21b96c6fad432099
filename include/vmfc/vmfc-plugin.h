/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * SECTION: vmfc-plugin
 *
 * Everything that a plugin of vmfc, the VM feature collector, may use.
 *
 * A plugin is one shared object that exports one symbol, `vmfc_plugin`, a constant #VmfcPlugin. It
 * is a sampler (fills columns of a record), a workload (loads the machine) or a sink (writes
 * records). The file has the name of the plugin: `uptime.so` contains `uptime`. A whole sampler:
 *
 * |[<!-- language="C" -->
 * static const VmfcColumn column = {"uptime", "s", VMFC_KIND_GAUGE, VMFC_TYPE_FLOAT, FALSE,
 *                                   "/proc/uptime", "time since the machine was started"};
 *
 * static gpointer
 * uptime_open(VmfcContext *context, GError **error)
 * {
 *         vmfc_context_add_column(context, &column);
 *         return vmfc_context_open_file(context, "proc/uptime", error);
 * }
 *
 * static VmfcAnswer
 * uptime_sample(gpointer self, VmfcRecord *record, GError **error)
 * {
 *         const gchar *text = vmfc_file_read(self, NULL, error);
 *         if (text == NULL)
 *                 return VMFC_ANSWER_FAILED;
 *         vmfc_record_set_float(record, 0, g_ascii_strtod(text, NULL));
 *         return VMFC_ANSWER_DONE;
 * }
 *
 * static void uptime_close(G_GNUC_UNUSED gpointer self) {} // vmfc closes the file
 *
 * static const VmfcSampler sampler = {
 *         .open = uptime_open, .sample = uptime_sample, .close = uptime_close};
 * const VmfcPlugin vmfc_plugin = {
 *         VMFC_ABI_MAJOR, VMFC_ABI_MINOR, "uptime", "1.0", "Apache-2.0",
 *         "how long the machine has been up", .rank = 100, .sampler = &sampler};
 * ]|
 *
 * Words: a run makes a record at every tick. A record is one row of the files, a cell its value in
 * one column; it describes its window: the time from the previous tick to the record's own tick. A
 * counter is a running total, its delta the growth in the window.
 *
 * Threads: the functions of samplers and workloads run on the main thread, those of sinks on the
 * writer's thread. A plugin calls the functions of this header from its own functions, or, where
 * their description says so, from the GLib main context of the main thread.
 *
 * Messages: compile with `-DG_LOG_DOMAIN=\"vmfc-NAME\"` and call g_message() or g_warning(). vmfc
 * puts the domain in front of the text. A text that ends up as the message of a #GError needs no
 * name: vmfc adds it.
 *
 * A failing `open`: with %VMFC_ERROR_UNSUPPORTED, %VMFC_ERROR_DENIED, %VMFC_ERROR_FORMAT or
 * %VMFC_ERROR_IO the columns that were declared stay in the record, missing, with the error as
 * their reason, and the run continues without the sampler. With %VMFC_ERROR_USAGE or
 * %VMFC_ERROR_PLUGIN the run does not start. Nor does it start if a workload or a sink cannot be
 * opened. `close` is not called after a failed `open`.
 *
 * Versions: within one ABI major this header only grows, and new members are added at the end of
 * structs. A plugin that was built against an older minor keeps working. To run with an older vmfc
 * as well, declare the lowest minor that has all that the plugin uses as @abi_minor: "Since ABI"
 * says which that is.
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** VMFC_ABI_MAJOR: raised when a plugin must be built again; another major is refused. */
#define VMFC_ABI_MAJOR 1
/** VMFC_ABI_MINOR: raised when something was added; a plugin with a newer one is refused. */
#define VMFC_ABI_MINOR 5
/** VMFC_API: marks what the vmfc program and a plugin show to each other. */
#define VMFC_API __attribute__((visibility("default")))
/** VMFC_STRING_SIZE: bytes that a string cell holds, the NUL at its end included. */
#define VMFC_STRING_SIZE 128
/** VMFC_NUMBER_SIZE: bytes that the text of any number needs, the NUL at its end included. */
#define VMFC_NUMBER_SIZE 32
/** VMFC_ERROR: the one error domain, with the codes of #VmfcErrorCode. */
#define VMFC_ERROR (vmfc_error_quark())

/**
 * VmfcErrorCode:
 * @VMFC_ERROR_USAGE: the user asked for something that does not exist or makes no sense
 * @VMFC_ERROR_UNSUPPORTED: this machine, kernel or file does not have it
 * @VMFC_ERROR_DENIED: it is there, but vmfc may not use it
 * @VMFC_ERROR_FORMAT: a text could not be understood
 * @VMFC_ERROR_IO: a file or socket failed
 * @VMFC_ERROR_PLUGIN: a plugin broke its contract
 *
 * Every message names the path, option or plugin it is about and, where there is a remedy, says
 * what to do.
 */
typedef enum {
	VMFC_ERROR_USAGE,
	VMFC_ERROR_UNSUPPORTED,
	VMFC_ERROR_DENIED,
	VMFC_ERROR_FORMAT,
	VMFC_ERROR_IO,
	VMFC_ERROR_PLUGIN,
} VmfcErrorCode;

VMFC_API GQuark
vmfc_error_quark(void);

/** VmfcContext: one instance of a plugin, and what it may ask of the core. */
typedef struct _VmfcContext VmfcContext;
/** VmfcRecord: what a plugin sees of one row. */
typedef struct _VmfcRecord VmfcRecord;
/** VmfcSchema: the columns of a run; complete and constant before the first tick. */
typedef struct _VmfcSchema VmfcSchema;
/** VmfcFile: a text file below the root prefix, held open and read once per tick. */
typedef struct _VmfcFile VmfcFile;
/** VmfcOutput: a file being written that is valid after every append. */
typedef struct _VmfcOutput VmfcOutput;

/* ------------------------------------------------------------------ descriptor */

/**
 * VmfcOptionType:
 * @VMFC_OPTION_STRING: any text
 * @VMFC_OPTION_INT: a whole number
 * @VMFC_OPTION_FLOAT: a number
 * @VMFC_OPTION_BOOL: `true` or `false`
 * @VMFC_OPTION_DURATION: seconds, or a time as `100ms`, `5m` or `1h30m`. Since ABI 1.5.
 *
 * How the value of a plugin's option is checked before the plugin sees it.
 */
typedef enum {
	VMFC_OPTION_STRING,
	VMFC_OPTION_INT,
	VMFC_OPTION_FLOAT,
	VMFC_OPTION_BOOL,
	VMFC_OPTION_DURATION,
} VmfcOptionType;

/**
 * VmfcOption:
 * @name: as in `--set PLUGIN.NAME=VALUE` and in the config file's group `[PLUGIN]`
 * @type: what a valid value is
 * @value: the default, as text
 * @help: one sentence, with the unit
 *
 * A list of options ends with one whose @name is %NULL.
 */
typedef struct {
	const gchar *name;
	VmfcOptionType type;
	const gchar *value;
	const gchar *help;
} VmfcOption;

/**
 * VmfcAlias:
 * @name: of an option of vmfc's command line, without its dashes: lower case, digits and `-`
 * @option: the plugin's option that it stands for
 * @argument: what its value is called in `--help`
 * @help: one sentence
 * @enables: whether the plugin is enabled where the user gives the option, although --plugins does
 *   not name it
 *
 * Where several plugins declare the same @name, each that takes part gets the value. vmfc's own
 * options come first: an alias that is called like one of them has no effect. `--help` shows the
 * aliases of vmfc's own plugins. A list of aliases ends with one whose @name is %NULL. Since ABI
 * 1.5.
 */
typedef struct {
	const gchar *name;
	const gchar *option;
	const gchar *argument;
	const gchar *help;
	gboolean enables;
} VmfcAlias;

/** VmfcSampler: the functions of a sampler; see below. */
typedef struct _VmfcSampler VmfcSampler;
/** VmfcWorkload: the functions of a workload; see below. */
typedef struct _VmfcWorkload VmfcWorkload;
/** VmfcSink: the functions of a sink; see below. */
typedef struct _VmfcSink VmfcSink;

/**
 * VmfcPlugin:
 * @abi_major: %VMFC_ABI_MAJOR
 * @abi_minor: %VMFC_ABI_MINOR
 * @name: the file's name without `.so`: lower case, digits, `_` and `-`
 * @version: of the plugin
 * @license: SPDX expression
 * @summary: one line
 * @group: (nullable): the name of a set that users select together, such as `proc`
 * @rank: place among the samplers, in the order of reading and in the files: lower is earlier;
 *   those that come with vmfc have 10 to 99, others best take 100 or more
 * @options: (nullable): ends with a %NULL name
 * @sampler: (nullable): exactly one of the three tables is given
 * @workload: (nullable): likewise
 * @sink: (nullable): likewise
 * @aliases: (nullable): options of the command line that stand for options of the plugin. Since
 *   ABI 1.5.
 */
typedef struct {
	guint32 abi_major;
	guint32 abi_minor;
	const gchar *name;
	const gchar *version;
	const gchar *license;
	const gchar *summary;
	const gchar *group;
	gint rank;
	const VmfcOption *options;
	const VmfcSampler *sampler;
	const VmfcWorkload *workload;
	const VmfcSink *sink;
	const VmfcAlias *aliases;
} VmfcPlugin;

/** vmfc_plugin: the symbol that a plugin exports. */
VMFC_API extern const VmfcPlugin vmfc_plugin;

/* --------------------------------------------------------- options and the run */

/**
 * vmfc_context_get_string:
 * @option: one that the descriptor declares
 *
 * For any plugin.
 *
 * Returns: (transfer none): the option's text; lives as long as the context
 */
VMFC_API const gchar *
vmfc_context_get_string(VmfcContext *context, const gchar *option);

/** vmfc_context_get_int: the value of an option of type %VMFC_OPTION_INT. */
VMFC_API gint64
vmfc_context_get_int(VmfcContext *context, const gchar *option);
/** vmfc_context_get_float: the value of an option of type %VMFC_OPTION_FLOAT. */
VMFC_API gdouble
vmfc_context_get_float(VmfcContext *context, const gchar *option);
/** vmfc_context_get_bool: the value of an option of type %VMFC_OPTION_BOOL. */
VMFC_API gboolean
vmfc_context_get_bool(VmfcContext *context, const gchar *option);

/**
 * vmfc_context_get_duration:
 * @option: one of type %VMFC_OPTION_DURATION
 *
 * For any plugin.
 *
 * Since ABI 1.5.
 *
 * Returns: its value, in nanoseconds
 */
VMFC_API gint64
vmfc_context_get_duration(VmfcContext *context, const gchar *option);

/**
 * vmfc_context_get_interval:
 *
 * For any plugin.
 *
 * Returns: the time from one tick to the next, in nanoseconds
 */
VMFC_API gint64
vmfc_context_get_interval(VmfcContext *context);

/**
 * vmfc_context_get_time:
 *
 * For samplers.
 *
 * The clock that windows are measured with, for a sampler that divides by the time between two of
 * its own readings. Since ABI 1.4.
 *
 * Returns: CLOCK_MONOTONIC, in nanoseconds
 */
VMFC_API gint64
vmfc_context_get_time(VmfcContext *context);

/**
 * vmfc_context_is_check:
 *
 * For samplers and workloads.
 *
 * During a check, `open` may take some seconds to try what a run would only discover later, for
 * example a network service, and report the result with vmfc_context_set_state(). Nothing will be
 * sampled, and of samplers only those with `derive` are started, so that they can look up the
 * columns of the samplers that --plugins names.
 * Since ABI 1.1.
 *
 * Returns: whether this instance was opened only to check whether the plugin works here
 */
VMFC_API gboolean
vmfc_context_is_check(VmfcContext *context);

/**
 * vmfc_context_build_path:
 * @path: for example `sys/block`, without a slash at its start
 *
 * For any plugin.
 *
 * Returns: (transfer full): the path below the root prefix; free with g_free()
 */
VMFC_API gchar *
vmfc_context_build_path(VmfcContext *context, const gchar *path);

/**
 * vmfc_context_build_data_path:
 * @path: for example `workloads`
 *
 * For any plugin.
 *
 * Since ABI 1.2.
 *
 * Returns: (transfer full): the path in the folder of the data that came with vmfc; free with
 *   g_free()
 */
VMFC_API gchar *
vmfc_context_build_data_path(VmfcContext *context, const gchar *path);

/* --------------------------------------------------------------------- sampler */

/**
 * VmfcAnswer:
 * @VMFC_ANSWER_DONE: the cells are set; those that could not be measured are left alone
 * @VMFC_ANSWER_PENDING: the answer comes later, through vmfc_context_resume()
 * @VMFC_ANSWER_FAILED: the error says why; cells that were set count all the same
 * @VMFC_ANSWER_NOT_DUE: the sampler has set nothing, because it looks at its source less often than
 *   at every tick; that is no failure, nor does it end one. Since ABI 1.1.
 */
typedef enum {
	VMFC_ANSWER_DONE,
	VMFC_ANSWER_PENDING,
	VMFC_ANSWER_FAILED,
	VMFC_ANSWER_NOT_DUE,
} VmfcAnswer;

/**
 * VmfcSampler:
 * @open: declares columns, opens files, allocates all that is needed later. Quiet: what is
 *   missing is told with vmfc_context_set_state(), what makes the sampler useless with the error.
 *   Returns the instance, not %NULL unless @error is set.
 * @start: (nullable): called once before the first tick
 * @sample: called at every tick. Allocates nothing, waits for nothing.
 * @stop: (nullable): called once after the last tick
 * @close: frees the instance
 * @derive: (nullable): called once when all samplers have answered, before the record goes to the
 *   sinks; also at the first tick, whose record only opens the first window. May read every column
 *   that it has looked up with vmfc_context_find_column(), and sets its own. Allocates nothing,
 *   waits for nothing, and depends on the record and its own state alone. Samplers derive in the
 *   order of reading: each sees what those before it have derived. Since ABI 1.5.
 */
struct _VmfcSampler {
	gpointer (*open)(VmfcContext *context, GError **error);
	gboolean (*start)(gpointer self, GError **error);
	VmfcAnswer (*sample)(gpointer self, VmfcRecord *record, GError **error);
	void (*stop)(gpointer self);
	void (*close)(gpointer self);
	void (*derive)(gpointer self, VmfcRecord *record);
};

/**
 * vmfc_context_open_file:
 * @path: for example `proc/stat`, without a slash at its start
 *
 * For samplers.
 *
 * Opens a file below the root prefix for vmfc_file_read(). Samplers that open the same path share
 * one file. Allowed in `open` only.
 *
 * Returns: (transfer none): the file, owned by the core; %NULL with @error set
 */
VMFC_API VmfcFile *
vmfc_context_open_file(VmfcContext *context, const gchar *path, GError **error);

/**
 * vmfc_file_read:
 * @length: (out) (optional): bytes, without the NUL that is always put behind them
 *
 * The file's text at this tick. The first call at a tick reads it, with one `pread` in most
 * cases; further calls at the same tick, also by other plugins, give the same text.
 *
 * Returns: (transfer none): the text, valid until the next tick; %NULL with @error set
 */
VMFC_API const gchar *
vmfc_file_read(VmfcFile *file, gsize *length, GError **error);

/* ---------------------------------------------------------- columns and record */

/**
 * VmfcKind:
 * @VMFC_KIND_GAUGE: a value that stands for itself
 * @VMFC_KIND_COUNTER: a running total; the core takes its growth within the window
 * @VMFC_KIND_LABEL: says what the record is, not how much of something
 */
typedef enum {
	VMFC_KIND_GAUGE,
	VMFC_KIND_COUNTER,
	VMFC_KIND_LABEL,
} VmfcKind;

/**
 * VmfcType:
 * @VMFC_TYPE_INT: gint64
 * @VMFC_TYPE_FLOAT: gdouble; NaN and infinity are stored as missing
 * @VMFC_TYPE_BOOL: gboolean
 * @VMFC_TYPE_STRING: UTF-8, copied into the record, shorter than %VMFC_STRING_SIZE
 * @VMFC_TYPE_STRINGS: a constant list of strings
 */
typedef enum {
	VMFC_TYPE_INT,
	VMFC_TYPE_FLOAT,
	VMFC_TYPE_BOOL,
	VMFC_TYPE_STRING,
	VMFC_TYPE_STRINGS,
} VmfcType;

/**
 * VmfcColumn:
 * @name: unique in the run: lower case, digits and `_`
 * @unit: `s`, `percent`, `bytes`, `1` for a ratio or a count, `` for none
 * @kind: what the number is
 * @type: how it is stored; a counter is an int or a float
 * @hidden: %TRUE for a counter that only serves to derive other columns; sinks never see it
 * @source: where the value comes from, for example `/proc/meminfo`
 * @description: one sentence with the exact definition
 */
typedef struct {
	const gchar *name;
	const gchar *unit;
	VmfcKind kind;
	VmfcType type;
	gboolean hidden;
	const gchar *source;
	const gchar *description;
} VmfcColumn;

/**
 * VmfcState:
 * @VMFC_STATE_OK: measured
 * @VMFC_STATE_MULTIPLEXED: measured in a part of each window and scaled
 * @VMFC_STATE_UNSUPPORTED: this machine does not have it
 * @VMFC_STATE_DENIED: vmfc may not read it
 * @VMFC_STATE_IMPLAUSIBLE: the machine offers it but what it says cannot be true
 *
 * What holds of a column. The last three mean that it is missing, until another state is set.
 */
typedef enum {
	VMFC_STATE_OK,
	VMFC_STATE_MULTIPLEXED,
	VMFC_STATE_UNSUPPORTED,
	VMFC_STATE_DENIED,
	VMFC_STATE_IMPLAUSIBLE,
} VmfcState;

/**
 * vmfc_context_add_column:
 * @column: copied
 *
 * For samplers.
 *
 * Declares a column of a sampler. Only allowed in `open`. A name that is taken or malformed makes
 * the core refuse the plugin after its `open`, with a sentence; the caller need not check.
 *
 * Returns: the index for the vmfc_record functions: 0 for the first column, and so on; %G_MAXUINT
 *   where the column is refused
 */
VMFC_API guint
vmfc_context_add_column(VmfcContext *context, const VmfcColumn *column);

/**
 * vmfc_context_set_state:
 * @column: an index from vmfc_context_add_column()
 * @reason: (nullable): why, as a sentence without a full stop; the same text whenever it is the
 *   same reason: no figures of a window
 * @remedy: (nullable): what the user can do, likewise
 *
 * For samplers.
 *
 * Says what holds of a column from now on. The core warns once for all columns with one reason, and
 * writes both into the meta file and the answer of `--check`. Best called in `open`, so that
 * `--check` knows it. A sampler that withholds a value because it cannot be true says so in
 * `sample` with %VMFC_STATE_IMPLAUSIBLE, and takes it back with %VMFC_STATE_OK; to say again what
 * already holds costs nothing. The meta file counts the windows in which a column was missing, by
 * reason. With %VMFC_STATE_OK, @reason explains windows in which the sampler does not set the cell
 * although nothing is wrong: vmfc counts these windows, and warns only after several in a row.
 */
VMFC_API void
vmfc_context_set_state(VmfcContext *context, guint column, VmfcState state, const gchar *reason,
		       const gchar *remedy);

/**
 * vmfc_context_set_period:
 * @n_ticks: from one answer of this sampler to the next
 *
 * For samplers that answer %VMFC_ANSWER_NOT_DUE at the ticks between. Called in `open`, after the
 * columns are added: it holds for all of them. Since ABI 1.5.
 */
VMFC_API void
vmfc_context_set_period(VmfcContext *context, guint64 n_ticks);

/**
 * vmfc_context_get_period:
 * @column: as in vmfc_context_get_column()
 *
 * For samplers.
 *
 * Since ABI 1.5.
 *
 * Returns: the number of ticks from one value of the column to the next; 1: each tick has one
 */
VMFC_API guint64
vmfc_context_get_period(VmfcContext *context, guint column);

/**
 * vmfc_context_describe:
 * @column: an index from vmfc_context_add_column()
 * @key: for example `encoding`
 * @value: (nullable): copied; %NULL removes the fact, since ABI 1.5
 *
 * For samplers.
 *
 * Adds a fact about a column to the meta file. The same key again replaces the value.
 */
VMFC_API void
vmfc_context_describe(VmfcContext *context, guint column, const gchar *key, const gchar *value);

/**
 * vmfc_context_find_column:
 * @name: of a column of any plugin, or of the core
 *
 * For samplers.
 *
 * Looks up a column that `derive` is to read. Allowed from `start` on, when all columns are known,
 * but not in `sample` and `derive`, because it allocates memory. The index serves the functions
 * that read a record, in `derive` alone, and vmfc_context_get_column() and
 * vmfc_context_get_state(). Since ABI 1.5.
 *
 * Returns: the index, the same for the same name; %G_MAXUINT when this run has no such column
 */
VMFC_API guint
vmfc_context_find_column(VmfcContext *context, const gchar *name);

/**
 * vmfc_context_get_column:
 * @column: an index from vmfc_context_find_column() or vmfc_context_add_column()
 *
 * For samplers.
 *
 * Since ABI 1.5.
 *
 * Returns: (transfer none): the column; lives as long as the run
 */
VMFC_API const VmfcColumn *
vmfc_context_get_column(VmfcContext *context, guint column);

/**
 * vmfc_context_get_state:
 * @column: as in vmfc_context_get_column()
 * @reason: (out) (optional) (nullable) (transfer none): as in vmfc_schema_get_state()
 *
 * For samplers.
 *
 * Since ABI 1.5.
 *
 * Returns: what holds of the column at the moment
 */
VMFC_API VmfcState
vmfc_context_get_state(VmfcContext *context, guint column, const gchar **reason);

/**
 * vmfc_record_get_tick:
 *
 * Returns: the number of the tick that the record belongs to
 */
VMFC_API guint64
vmfc_record_get_tick(const VmfcRecord *record);

/**
 * vmfc_record_set_int:
 * @column: a column of type int
 * @value: for a counter the running total
 *
 * A cell that is not set is missing. Setting it again replaces it.
 */
VMFC_API void
vmfc_record_set_int(VmfcRecord *record, guint column, gint64 value);

/** vmfc_record_set_float: like vmfc_record_set_int(); NaN and infinity leave the cell missing. */
VMFC_API void
vmfc_record_set_float(VmfcRecord *record, guint column, gdouble value);
/** vmfc_record_set_bool: like vmfc_record_set_int(). */
VMFC_API void
vmfc_record_set_bool(VmfcRecord *record, guint column, gboolean value);
/** vmfc_record_set_string: copies @value; too long or not UTF-8 leaves the cell missing. */
VMFC_API void
vmfc_record_set_string(VmfcRecord *record, guint column, const gchar *value);
/** vmfc_record_set_strings: keeps @value, which must stay as it is until `close`. */
VMFC_API void
vmfc_record_set_strings(VmfcRecord *record, guint column, const gchar *const *value);

/**
 * vmfc_record_restart:
 * @column: a counter that was set in this record
 *
 * Says that the total counts from somewhere else than before (another set of devices, a reset).
 * The growth in this window is missing; the next window starts at this total.
 */
VMFC_API void
vmfc_record_restart(VmfcRecord *record, guint column);

/**
 * vmfc_record_has:
 *
 * Returns: whether the cell holds a value; of a counter, whether there is a delta
 */
VMFC_API gboolean
vmfc_record_has(const VmfcRecord *record, guint column);

/**
 * vmfc_record_is_of_window:
 * @column: a counter
 *
 * For samplers, in `derive`. With --no-sync a counter that was not read in the last record grows
 * over that window too, so its growth is not one of this window.
 *
 * Since ABI 1.5.
 *
 * Returns: whether its growth is that of this record's window alone
 */
VMFC_API gboolean
vmfc_record_is_of_window(const VmfcRecord *record, guint column);

/** vmfc_record_get_int: the value of an int cell that is there; of a counter, its delta. */
VMFC_API gint64
vmfc_record_get_int(const VmfcRecord *record, guint column);
/** vmfc_record_get_float: the value of a float cell that is there; of a counter, its delta. */
VMFC_API gdouble
vmfc_record_get_float(const VmfcRecord *record, guint column);
/** vmfc_record_get_bool: the value of a bool cell that is there. */
VMFC_API gboolean
vmfc_record_get_bool(const VmfcRecord *record, guint column);
/** vmfc_record_get_string: the value of a string cell that is there; lives as the record. */
VMFC_API const gchar *
vmfc_record_get_string(const VmfcRecord *record, guint column);
/** vmfc_record_get_strings: the value of a list cell that is there. */
VMFC_API const gchar *const *
vmfc_record_get_strings(const VmfcRecord *record, guint column);

/**
 * vmfc_record_get_delta:
 * @column: a counter
 * @delta: (out): growth within the window, in the column's unit
 *
 * The value that files contain for a counter. It is missing in the first window after a start or a
 * restart, and if the total went backwards.
 *
 * Returns: whether there is one
 */
VMFC_API gboolean
vmfc_record_get_delta(const VmfcRecord *record, guint column, gdouble *delta);

/**
 * vmfc_record_get_total:
 * @column: a counter
 * @total: (out): the running total, in the column's unit
 *
 * Returns: whether it was read at this tick
 */
VMFC_API gboolean
vmfc_record_get_total(const VmfcRecord *record, guint column, gdouble *total);

/**
 * vmfc_record_format:
 * @column: an int, float or bool column
 * @text: (out): where the text goes
 *
 * Writes a cell as all of vmfc's files do: the shortest text that reads back to the same value;
 * a float always shows that it is one (`1.0`); of a counter, its delta.
 *
 * Returns: bytes written without the NUL; 0 when the cell is missing
 */
VMFC_API gsize
vmfc_record_format(const VmfcRecord *record, guint column, gchar text[VMFC_NUMBER_SIZE]);

/* -------------------------------------------------------- asynchronous answers */

/**
 * vmfc_context_get_grace:
 *
 * For samplers.
 *
 * Returns: how long after the tick a pending answer is still taken, in nanoseconds
 */
VMFC_API gint64
vmfc_context_get_grace(VmfcContext *context);

/**
 * vmfc_context_resume:
 * @tick: what vmfc_record_get_tick() gave when the sampler answered %VMFC_ANSWER_PENDING
 *
 * For samplers.
 *
 * Gives the record of a pending answer once more, to be filled at once and closed with
 * vmfc_context_finish(). Called from the main context. Never keep the record.
 *
 * Returns: (transfer none) (nullable): the record; %NULL when the answer came too late, or for
 *   the second time: throw it away
 */
VMFC_API VmfcRecord *
vmfc_context_resume(VmfcContext *context, guint64 tick);

/**
 * vmfc_context_finish:
 * @tick: as in vmfc_context_resume()
 * @error: (nullable) (transfer none): why there is no answer
 *
 * For samplers.
 *
 * Ends a pending answer. Harmless when it is too late.
 */
VMFC_API void
vmfc_context_finish(VmfcContext *context, guint64 tick, const GError *error);

/* -------------------------------------------------------------------- workload */

/**
 * VmfcWorkload:
 * @open: checks that the workload can run here and prepares it
 * @start: begins the work and returns at once. Is called again when a sequence comes back to it.
 * @stop: ends the work, if it has not ended yet; when it returns nothing of it runs any more
 * @close: frees the instance
 * @finish: (nullable): begins to end the work and returns at once; vmfc_context_end_workload()
 *   says when all of it has ended. Ticks continue until then; while @stop waits, there are no
 * ticks. Since ABI 1.2.
 * @list: (nullable): calls vmfc_context_add_workload() for each workload that the plugin offers;
 *   nothing has been opened then. Without it the plugin offers one, called like itself. Since
 *   ABI 1.2.
 *
 * An instance is one workload with its options; @start and @stop alternate.
 */
struct _VmfcWorkload {
	gpointer (*open)(VmfcContext *context, GError **error);
	gboolean (*start)(gpointer self, GError **error);
	void (*stop)(gpointer self);
	void (*close)(gpointer self);
	void (*finish)(gpointer self);
	void (*list)(VmfcContext *context);
};

/**
 * vmfc_context_add_workload:
 * @name: how users ask for it: lower case, digits, `_` and `-`; copied
 * @summary: one line; copied
 *
 * For workloads.
 *
 * Offers a workload. Only allowed in `list`. Since ABI 1.2.
 */
VMFC_API void
vmfc_context_add_workload(VmfcContext *context, const gchar *name, const gchar *summary);

/**
 * vmfc_context_get_workload:
 *
 * For workloads.
 *
 * Since ABI 1.2.
 *
 * Returns: (transfer none): the name of the workload that this instance is
 */
VMFC_API const gchar *
vmfc_context_get_workload(VmfcContext *context);

/**
 * vmfc_context_get_argument:
 *
 * For workloads.
 *
 * The text after `=` if the user requested `NAME=ARGUMENT`. A plugin that takes no argument must
 * refuse it in `open`. Since ABI 1.2.
 *
 * Returns: (transfer none) (nullable): the text; %NULL when there is none
 */
VMFC_API const gchar *
vmfc_context_get_argument(VmfcContext *context);

/**
 * vmfc_context_get_begin:
 *
 * For workloads.
 *
 * The planned start of the work: steps that are timed from it coincide with ticks.
 * Called in and after `start`. Since ABI 1.2.
 *
 * Returns: CLOCK_MONOTONIC, in nanoseconds; it may be in the future
 */
VMFC_API gint64
vmfc_context_get_begin(VmfcContext *context);

/**
 * vmfc_context_get_seed:
 *
 * For workloads.
 *
 * What all random choices of the run start from. Since ABI 1.2.
 *
 * Returns: the number that the user gave as `--seed`, or one that is written into the meta file
 */
VMFC_API guint32
vmfc_context_get_seed(VmfcContext *context);

/**
 * vmfc_context_set_phase:
 * @phase: (nullable): the step within the workload, shorter than %VMFC_STRING_SIZE, for example
 *   `load=45`
 *
 * For workloads.
 *
 * The label `stress_phase` from now on. The window in which it changed keeps the phase that held
 * at its start and is marked as a transition.
 */
VMFC_API void
vmfc_context_set_phase(VmfcContext *context, const gchar *phase);

/**
 * vmfc_context_begin_transition:
 *
 * For workloads.
 *
 * One step of the work is ending and the next one has not begun: all windows that this touches, up
 * to the next vmfc_context_set_phase(), are marked as transitions. Since ABI 1.2.
 */
VMFC_API void
vmfc_context_begin_transition(VmfcContext *context);

/**
 * vmfc_context_set_target_load:
 * @percent: 0 to 100, or NaN where the workload asks for no certain load
 *
 * For workloads.
 *
 * The label `stress_target_load` from now on.
 */
VMFC_API void
vmfc_context_set_target_load(VmfcContext *context, gdouble percent);

/**
 * vmfc_context_end_workload:
 * @error: (nullable) (transfer none): why it ended before its time
 *
 * For workloads.
 *
 * Says that the workload has ended, by itself or because of `finish`. In the first case the label
 * `stress_workload` is `none` from now on; with @error the user is told at once, and vmfc's exit
 * code is 1 at the end.
 */
VMFC_API void
vmfc_context_end_workload(VmfcContext *context, const GError *error);

/**
 * vmfc_context_add_work_time:
 * @seconds: CPU time that threads of this process have used for the workload
 *
 * For workloads.
 *
 * Reports CPU time of the work, so that it is not counted as vmfc's own. Since ABI 1.2.
 */
VMFC_API void
vmfc_context_add_work_time(VmfcContext *context, gdouble seconds);

/* ------------------------------------------------------------------------ sink */

/**
 * VmfcSink:
 * @open: prepares the output. The schema is complete and lives until @close has returned.
 * @write: writes one record; called in order of time. After a failure it is called again with
 *   the next record; what was written before must have stayed valid.
 * @flush: (nullable): hands over what @write has kept back; called when no record is waiting
 * @close: finishes the output and frees the instance, also after failures
 * @extension: (nullable): what the name of its file ends with, for example `.json`: left off where
 *   the user's `--output` has it, and a file of that name that an earlier run has left is kept with
 *   the others of that run. Since ABI 1.5.
 * @only_appends: its file only grows at its end (@overwrite of vmfc_output_append() is always 0),
 *   so that it can write to a pipe as well. Since ABI 1.5.
 */
struct _VmfcSink {
	gpointer (*open)(VmfcContext *context, const VmfcSchema *schema, GError **error);
	gboolean (*write)(gpointer self, const VmfcRecord *record, GError **error);
	gboolean (*flush)(gpointer self, GError **error);
	gboolean (*close)(gpointer self, GError **error);
	const gchar *extension;
	gboolean only_appends;
};

/**
 * vmfc_schema_get_n_columns:
 *
 * Returns: how many columns a sink sees
 */
VMFC_API guint
vmfc_schema_get_n_columns(const VmfcSchema *schema);

/**
 * vmfc_schema_get_column:
 * @index: 0 to vmfc_schema_get_n_columns() - 1, in the order of the files
 *
 * Returns: (transfer none): the column; lives as long as the schema
 */
VMFC_API const VmfcColumn *
vmfc_schema_get_column(const VmfcSchema *schema, guint index);

/**
 * vmfc_schema_get_state:
 * @index: as in vmfc_schema_get_column()
 * @reason: (out) (optional) (nullable) (transfer none): why it is missing, where it is, a sentence
 *   without a full stop; lives as long as the process
 *
 * The current state of a column. May be called on the writer's thread. Since ABI 1.5.
 *
 * Returns: the state
 */
VMFC_API VmfcState
vmfc_schema_get_state(const VmfcSchema *schema, guint index, const gchar **reason);

/**
 * vmfc_context_get_output_path:
 *
 * For sinks.
 *
 * Since ABI 1.5.
 *
 * Returns: (transfer none): what the user gave as `--output`
 */
VMFC_API const gchar *
vmfc_context_get_output_path(VmfcContext *context);

/**
 * vmfc_context_create_output:
 * @extension: with its dot, for example `.json`
 * @start: what the file begins with, may be empty
 *
 * For sinks.
 *
 * Creates the file `NAME` + @extension, where `NAME` is what the user gave as `--output` without
 * its extension. A file that was there keeps its content under a free numbered name. The file
 * appears with @start already in it.
 *
 * Returns: (transfer full): the file; free with vmfc_output_close(); %NULL with @error set
 */
VMFC_API VmfcOutput *
vmfc_context_create_output(VmfcContext *context, const gchar *extension, const gchar *start,
			   GError **error);

/**
 * vmfc_output_append:
 * @overwrite: how many bytes at the end of the file the text replaces
 * @text: need not end with a NUL
 * @length: of @text, in bytes
 *
 * Writes @text. If @overwrite is 0, @text is written with one write, so that a program that
 * follows the file sees it once and whole. If the process is killed during the write, a part of a
 * text that crosses a page (4096 bytes on most machines) can remain: in a table, a last line
 * without its line feed, which is not a record. Where it replaces the end of the file, the
 * file holds either all of it or none. When the disk is full the file stays as it was.
 *
 * Returns: whether it was written
 */
VMFC_API gboolean
vmfc_output_append(VmfcOutput *output, gsize overwrite, const gchar *text, gsize length,
		   GError **error);

/**
 * vmfc_output_close:
 * @output: (transfer full):
 *
 * Returns: whether everything has reached the file system
 */
VMFC_API gboolean
vmfc_output_close(VmfcOutput *output, GError **error);

/**
 * vmfc_json_append_string:
 * @text: what it is appended to
 * @value: valid UTF-8, as every string cell is
 *
 * Appends a string with its quotation marks, as RFC 8259 wants it. Since ABI 1.3.
 */
VMFC_API void
vmfc_json_append_string(GString *text, const gchar *value);

G_END_DECLS
