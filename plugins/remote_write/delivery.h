/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "queue.h"
#include "remote/remote-sender.h"

typedef struct {
	gint64 batch_time;   /* µs that a record waits for others, at most */
	guint batch_samples; /* in one request, about */
	gint64 linger;	     /* µs that the end waits for the receiver */
	gsize queue_size;    /* bytes */
	gsize spool_size;    /* bytes */
	gint64 fsync;	     /* µs between two syncs of the spool; 0: only at the end */
} DeliverySetup;

/* What became of the records, when it has ended. */
typedef struct {
	Amount sent;
	Amount known; /* sent before a connection was lost; the receiver has had them */
	Amount refused;
	Amount dropped; /* the queue was full */
	Amount kept;	/* in the spool, for the next run */
	Amount damaged; /* in the spool */
	Amount left;	/* the receiver did not take them before the end */
	guint64 n_requests;
	guint64 n_bytes;
} DeliveryResult;

/* Sends frames to a receiver, on a separate thread. */
typedef struct _Delivery Delivery;

Delivery *
delivery_new(VmfcRemoteSender *sender, Spool *spool, const DeliverySetup *setup, GError **error);
void
delivery_append(Delivery *delivery, Frame *frame);
void
delivery_end(Delivery *delivery, DeliveryResult *result);
