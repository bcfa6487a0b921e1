package main

import (
	"net/http"
	"strings"
	"time"

	"github.com/spoolmedia/spool/engine"
)

// deliveryView is a callback and what became of it.
type deliveryView struct {
	ID              string     `json:"id"`
	JobID           string     `json:"jobId"`
	EventType       string     `json:"eventType"`
	Status          string     `json:"status"` // pending, delivered, failed
	HTTPStatus      int        `json:"httpStatus"`
	ResponsePreview string     `json:"responsePreview"`
	ErrorMessage    string     `json:"errorMessage"`
	Attempts        int        `json:"attempts"`
	CreatedAt       time.Time  `json:"createdAt"`
	LastAttemptAt   *time.Time `json:"lastAttemptAt"`
	NextAttemptAt   *time.Time `json:"nextAttemptAt"`
}

func deliveryOf(d engine.Delivery) deliveryView {
	v := deliveryView{
		// The id names its job, so that a retry needs nothing else.
		ID: d.Job + "." + d.ID, JobID: d.Job, EventType: "conversion." + string(d.Event),
		Status: string(d.Status), HTTPStatus: d.HTTP, ResponsePreview: d.Preview,
		ErrorMessage: d.Error, Attempts: d.Attempts, CreatedAt: d.Created,
		LastAttemptAt: timeOf(d.Last),
	}
	if d.Status == engine.DeliveryPending {
		v.NextAttemptAt = timeOf(d.Next)
	}
	return v
}

// jobDeliveries tells of the callbacks of a job.
func (s *server) jobDeliveries(w http.ResponseWriter, r *http.Request) error {
	job, err := s.job(r)
	if err != nil {
		return err
	}
	list := []deliveryView{}
	for d, err := range s.engine.Deliveries(r.Context(), job.ID) {
		if err != nil {
			return err
		}
		list = append(list, deliveryOf(d))
	}
	return writeJSON(w, http.StatusOK, deliveryList{list})
}

// mostJobs is how many jobs are searched for deliveries.
const mostJobs = 1000

// accountDeliveries tells of the callbacks of the newest jobs of the account.
func (s *server) accountDeliveries(w http.ResponseWriter, r *http.Request) error {
	limit, err := number(r, "limit", 25, 1, 100)
	if err != nil {
		return err
	}
	list := []deliveryView{}
	query := engine.Query{Account: accountOf(r.Context()), Limit: mostJobs}
	for job, err := range s.engine.List(r.Context(), query) {
		if err != nil {
			return err
		}
		if job.Callback == nil {
			continue
		}
		for d, err := range s.engine.Deliveries(r.Context(), job.ID) {
			if err != nil {
				return err
			}
			list = append(list, deliveryOf(d))
		}
		if len(list) >= limit {
			list = list[:limit]
			break
		}
	}
	return writeJSON(w, http.StatusOK, deliveryList{list})
}

// redeliver makes a callback be tried again.
func (s *server) redeliver(w http.ResponseWriter, r *http.Request) error {
	id, delivery, _ := strings.Cut(r.PathValue("delivery"), ".")
	r.SetPathValue("id", id)
	job, err := s.job(r)
	if err != nil {
		return failf(http.StatusNotFound, "There is no such delivery.")
	}
	if err := s.engine.Redeliver(r.Context(), job.ID, delivery); err != nil {
		return failf(http.StatusNotFound, "There is no such delivery.")
	}
	return writeJSON(w, http.StatusOK, redelivery{id + "." + delivery, "pending"})
}
