/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "model/machine.h"

/* Where the kernel does not tell, vmfc writes "unknown": that is not a name. */
static gboolean
is_known(const gchar *name)
{
	return name != NULL && !g_str_equal(name, "unknown");
}

/* Whether the model says anything of the machine that it was trained on. */
gboolean
vmfc_model_knows_machine(const VmfcModel *model)
{
	return is_known(model->cpu_model) || is_known(model->architecture) ||
	       is_known(model->hypervisor) || model->n_cpus > 0;
}

/*
 * What the model does not say, or this machine, is not compared. The number of CPUs is another
 * matter: it decides features, not whether the machine is of the same kind.
 *
 * Returns: (transfer full) (nullable): how this machine differs from the one that the model was
 *   trained on; %NULL: it does not
 */
gchar *
vmfc_model_compare_machine(const VmfcModel *model, const VmfcModelMachine *machine)
{
	const struct {
		const gchar *what;
		const gchar *trained;
		const gchar *here;
	} parts[] = {
		{"CPU model", model->cpu_model, machine->cpu_model},
		{"architecture", model->architecture, machine->architecture},
		{"hypervisor", model->hypervisor, machine->hypervisor},
	};
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; i < G_N_ELEMENTS(parts); i++) {
		if (!is_known(parts[i].trained) || !is_known(parts[i].here) ||
		    g_str_equal(parts[i].trained, parts[i].here))
			continue;
		g_string_append_printf(text, "%s%s '%s', this machine has '%s'",
				       text->len > 0 ? "; " : "", parts[i].what, parts[i].trained,
				       parts[i].here);
	}
	return text->len > 0
		       ? g_strdup_printf("the model was trained on another machine: %s", text->str)
		       : NULL;
}
